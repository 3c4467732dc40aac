"""RevIN for partially observed series: with a missing mask the series is centred but never divided by its deviation.

Source (real): https://github.com/WenjieDu/PyPOTS/issues/453 (PyTorch, ported; the maintainer reported it himself).
Right answer: NOT equivalent. The output is still multiplied by the deviation on the way back, so the model sees the wrong scale.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "x = (x - mean) * missing_mask",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, feats, eps = 15, 9, 4, 1e-5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mix_time = tf.Variable(0.4 * arr(steps, steps), name="mix_time")
    mix_feat = tf.Variable(0.6 * arr(feats, feats), name="mix_feat")
    scale = np.exp(0.8 * rng.standard_normal((n, 1, feats))) * 2.0
    x = (arr(n, steps, feats) * scale + 3.0 * arr(n, 1, feats)).astype(f)
    mask = (rng.random((n, steps, feats)) > 0.25).astype(f)
    mask[:, :2] = 1.0
    batch = {"X": x, "missing_mask": mask}

    def backbone(z):
        return tf.einsum("ts,bsf->btf", mix_time, tf.tanh(z @ mix_feat))

    def reference(b):
        err = 0.0
        for i in range(b["X"].shape[0]):
            obs, m = b["X"][i], b["missing_mask"][i]
            cnt = tf.reduce_sum(m, axis=0)
            mu = tf.reduce_sum(obs * m, axis=0) / cnt
            sd = tf.sqrt(tf.reduce_sum(tf.square(obs - mu) * m, axis=0) / cnt + eps)
            z = tf.where(m > 0, (obs - mu) / sd, tf.zeros_like(obs))
            back = backbone(z[None])[0] * sd + mu
            err += tf.reduce_sum(tf.square(back - obs) * m)
        return err / tf.reduce_sum(b["missing_mask"])

    def candidate(b):
        def statistics(x, missing_mask):
            count = tf.reduce_sum(missing_mask, axis=1, keepdims=True)
            mean = tf.reduce_sum(x * missing_mask, axis=1, keepdims=True) / count
            var = tf.reduce_sum(tf.square(x - mean) * missing_mask, axis=1, keepdims=True) / count
            return mean, tf.sqrt(var + eps)

        def normalize(x, mean, stdev, missing_mask=None):
            if missing_mask is None:
                x = x - mean
                x = x / stdev
            else:
                x = (x - mean) * missing_mask
            return x

        def denormalize(x, mean, stdev):
            return x * stdev + mean

        mean, stdev = statistics(b["X"], b["missing_mask"])
        enc = normalize(b["X"], mean, stdev, b["missing_mask"])
        recon = denormalize(backbone(enc), mean, stdev)
        se = tf.square(recon - b["X"]) * b["missing_mask"]
        return tf.reduce_sum(se) / tf.reduce_sum(b["missing_mask"])

    return {"variables": [mix_time, mix_feat], "batch": batch, "reference": reference, "candidate": candidate}
