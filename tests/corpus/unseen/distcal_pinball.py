"""Thread: the averaged pinball loss accumulates over the quantile levels and divides by their number, but is never averaged over samples.
Source: https://github.com/Srceh/DistCal/pull/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss + tf.reduce_sum(tf.where(err > 0, q * err, (q - 1.0) * err))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, f, levels = 7, 3, (0.1, 0.3, 0.5, 0.7, 0.9)
    wm = tf.Variable(rng.normal(size=(f, 1)).astype(fx), name="mean_w")
    ws = tf.Variable(rng.normal(size=(f, 1)).astype(fx) * 0.4, name="scale_w")
    probit = (-1.2815515655, -0.5244005127, 0.0, 0.5244005127, 1.2815515655)

    def reference(batch):
        m = (batch["x"] @ wm)[:, 0]
        s = tf.nn.softplus(batch["x"] @ ws)[:, 0]
        q = tf.constant(levels, dtype=m.dtype)
        z = tf.constant(probit, dtype=m.dtype)
        diff = batch["y"][:, None] - (m[:, None] + s[:, None] * z)
        pin = tf.maximum(q * diff, (q - 1) * diff)
        nll = 0.5 * ((batch["y"] - m) / s) ** 2 + tf.math.log(s)
        return tf.reduce_mean(pin) + 0.1 * tf.reduce_mean(nll)

    def candidate(batch):
        x, y = batch["x"], batch["y"]
        mean = tf.squeeze(tf.matmul(x, wm), axis=1)
        scale = tf.squeeze(tf.nn.softplus(tf.matmul(x, ws)), axis=1)

        def get_pin_ball_loss():
            loss = tf.zeros((), dtype=x.dtype)
            for q, z in zip(levels, probit):
                err = y - (mean + scale * z)
                loss = loss + tf.reduce_sum(tf.where(err > 0, q * err, (q - 1.0) * err))
            return loss / len(levels)

        nll = tf.math.log(scale) + tf.square(y - mean) / (2 * tf.square(scale))
        return get_pin_ball_loss() + 0.1 * tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, f)).astype(fx), "y": rng.normal(size=n).astype(fx)},
            "variables": [wm, ws]}
