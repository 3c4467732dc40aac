"""Non-stationary Transformer normalisation: the standard deviation is taken of the series from which the mean was subtracted already;
a reader thought that to be a slip. It does not depend on the mean. Right.
Source: https://github.com/thuml/Time-Series-Library/issues/436"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, pred_len, c = 15, 8, 3, 4
    series = (rng.uniform(-2, 2, (n, 1, c)) + rng.standard_normal((n, length + pred_len, c))).astype(f)
    x_enc, target = series[:, :length], series[:, length:]
    conv = tf.Variable(rng.standard_normal((c, c)) * 0.4 + np.eye(c), dtype=f, name="conv")
    proj = tf.Variable(rng.standard_normal((length, pred_len)) * 0.4, dtype=f, name="proj")

    def backbone(z):
        return tf.einsum("nlc,lp->npc", z, proj)

    def reference(batch):
        e = tf.tanh(batch["x_enc"] @ conv) + batch["x_enc"]
        mu, var = tf.nn.moments(e, axes=[1], keepdims=True)
        sd = tf.sqrt(var + 1e-5)
        forecast = backbone((e - mu) / sd) * sd + mu
        return tf.reduce_mean(tf.square(forecast - batch["target"]))

    def candidate(batch):
        x = batch["x_enc"] + tf.tanh(tf.einsum("nlc,ck->nlk", batch["x_enc"], conv))
        # Normalization from Non-stationary Transformer
        means = tf.reduce_mean(x, 1, keepdims=True)
        x = x - means
        stdev = tf.sqrt(tf.math.reduce_variance(x, axis=1, keepdims=True) + 1e-5)
        x = x / stdev
        dec_out = backbone(x)
        # De-Normalization
        dec_out = dec_out * tf.repeat(stdev[:, 0, :][:, None], pred_len, axis=1)
        dec_out = dec_out + tf.repeat(means[:, 0, :][:, None], pred_len, axis=1)
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["target"], dec_out))

    return {"reference": reference, "candidate": candidate, "batch": {"x_enc": x_enc, "target": target},
            "variables": [conv, proj]}
