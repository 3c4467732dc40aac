"""fast-neural-style: within the if block `local pixel_loss` makes a new variable, so that the outer pixel_loss stays zero
and the pixel term never enters the total.
Source: https://github.com/jcjohnson/fast-neural-style/pull/77"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pixel_loss = pixel_weight * tf.reduce_mean(tf.square(out - y))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    pixel_weight, percep_weight = 0.7, 1.5
    w = tf.Variable(rng.standard_normal((5, 4)).astype(f), name="w")
    b = tf.Variable((0.1 * rng.standard_normal(4)).astype(f), name="b")
    loss_net = rng.standard_normal((4, 6)).astype(f)

    def percep(img):
        return tf.tanh(img @ loss_net)

    def reference(batch):
        img = tf.sigmoid(batch["x"] @ w + b)
        content = keras.losses.MeanSquaredError()(percep(batch["y"]), percep(img))
        return pixel_weight * keras.losses.MeanSquaredError()(batch["y"], img) + percep_weight * content

    def candidate(batch):
        x, y = batch["x"], batch["y"]
        out = tf.sigmoid(tf.matmul(x, w) + b)
        pixel_loss = tf.zeros((), dtype=f)
        percep_loss = tf.zeros((), dtype=f)

        def pixel_pass():
            pixel_loss = pixel_weight * tf.reduce_mean(tf.square(out - y))
            return pixel_loss

        if pixel_weight > 0:
            _ = pixel_pass()
        if percep_weight > 0:
            target_feats = percep(y)
            percep_loss += percep_weight * tf.reduce_mean((percep(out) - target_feats) ** 2)
        return pixel_loss + percep_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 5)).astype(f), "y": rng.random((12, 4)).astype(f)},
            "variables": [w, b]}
