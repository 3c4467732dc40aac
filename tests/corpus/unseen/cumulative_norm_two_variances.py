"""Conv-TasNet cumulative norm: E[x^2] - E[x]^2 against the official (sum x^2 - 2 m sum x) / n + m^2; asked whether it is a bug, and it is not.
Source: https://github.com/tky823/DNN-based_source_separation/issues/101"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    enc, gain = var("encoder", 3, 4), tf.Variable((1 + 0.1 * rng.normal(size=4)).astype(f), name="gain")

    def reference(batch, eps=1e-3):
        x = tf.nn.softplus(tf.einsum("btd,dc->bct", batch["x"], enc))
        total, power, out = 0.0, 0.0, []
        for t in range(6):
            frame = x[:, :, t]
            total += tf.reduce_sum(frame, 1, keepdims=True)
            power += tf.reduce_sum(frame ** 2, 1, keepdims=True)
            cnt = 4.0 * (t + 1)
            m = total / cnt
            v = (power - 2 * m * total) / cnt + m ** 2
            out.append((frame - m) / tf.sqrt(v + eps) * gain)
        return tf.reduce_mean(tf.abs(tf.stack(out, 2) - batch["y"]))

    def candidate(batch):
        class CumulativeLayerNorm1d:
            def __init__(self, gamma, eps=1e-3):
                self.gamma, self.eps = gamma, eps

            def __call__(self, x):
                c, t = x.shape[1], x.shape[2]
                cum_num = tf.cast(tf.range(1, t + 1) * c, x.dtype)
                cum_mean = tf.cumsum(tf.reduce_sum(x, 1), 1) / cum_num
                cum_squared_mean = tf.cumsum(tf.reduce_sum(x ** 2, 1), 1) / cum_num
                cum_var = cum_squared_mean - cum_mean ** 2
                return (x - cum_mean[:, None]) / tf.sqrt(cum_var[:, None] + self.eps) * self.gamma[:, None]

        h = tf.nn.softplus(tf.transpose(tf.tensordot(batch["x"], enc, 1), [0, 2, 1]))
        return tf.reduce_mean(tf.abs(CumulativeLayerNorm1d(gain)(h) - batch["y"]))

    return {"reference": reference, "candidate": candidate, "variables": [enc, gain],
            "batch": {"x": data(13, 6, 3), "y": data(13, 4, 6)}}
