"""Thread: auraloss's SD-SDR looks just like its SI-SDR; the scale-dependent one takes its residual against the unscaled target.
Source: https://github.com/csteinmetz1/auraloss/issues/67"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "res = preds - scaled",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, eps = 4, 16, 1e-8
    kern = tf.Variable((rng.normal(size=(5, 1, 1)) * 0.3 + 0.3).astype(fx), name="enhancer")
    gain = tf.Variable(np.array(1.6, dtype=fx), name="gain")

    def reference(batch):
        est = gain * tf.nn.conv1d(batch["noisy"][..., None], kern, 1, "SAME")[..., 0]
        vals = []
        for i in range(b):
            s = batch["clean"][i] - tf.reduce_mean(batch["clean"][i])
            e = est[i] - tf.reduce_mean(est[i])
            a = tf.tensordot(e, s, 1) / (tf.tensordot(s, s, 1) + eps)
            vals.append(10 * tf.math.log(a**2 * tf.reduce_sum(s**2) / tf.reduce_sum((s - e) ** 2)) / np.log(10.0))
        return -tf.add_n(vals) / b

    def candidate(batch):
        def sd_sdr(preds, target):
            preds = preds - tf.reduce_mean(preds, axis=-1, keepdims=True)
            target = target - tf.reduce_mean(target, axis=-1, keepdims=True)
            alpha = tf.reduce_sum(preds * target, axis=-1) / (tf.reduce_sum(target**2, axis=-1) + eps)
            scaled = target * alpha[:, None]
            res = preds - scaled
            ratio = tf.reduce_sum(scaled**2, axis=-1) / (tf.reduce_sum(res**2, axis=-1) + eps)
            return 10.0 / np.log(10.0) * tf.math.log(ratio + eps)

        enhanced = tf.nn.conv1d(batch["noisy"][:, :, None], kern, stride=1, padding="SAME")
        return -tf.reduce_mean(sd_sdr(gain * tf.squeeze(enhanced, axis=-1), batch["clean"]))

    clean = rng.normal(size=(b, t))
    return {"reference": reference, "candidate": candidate,
            "batch": {"clean": clean.astype(fx), "noisy": (clean + 0.5 * rng.normal(size=(b, t))).astype(fx)},
            "variables": [kern, gain]}
