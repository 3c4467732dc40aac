"""The hand-written gradient of a ranking loss is suspected: -1/(exp(zi-zj)+1) instead of -exp(-zi+zj)/(exp(-zi+zj)+1).
The two are the same number.
Source: https://github.com/princeton-vl/relative_depth/issues/6"""
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
    n, feat, hid = 17, 5, 6
    w1 = keras.Variable((0.5 * rng.standard_normal((feat, hid))).astype(f), name="w1")
    w2 = keras.Variable((0.5 * rng.standard_normal((hid, 1))).astype(f), name="w2")
    batch = {
        "pi": rng.standard_normal((n, feat)).astype(f),
        "pj": rng.standard_normal((n, feat)).astype(f),
        "rel": rng.integers(-1, 2, n).astype("int32"),
    }

    def reference(batch):
        def depth(p):
            return (tf.tanh(p @ w1) @ w2)[:, 0]

        gap = depth(batch["pi"]) - depth(batch["pj"])
        r = tf.cast(batch["rel"], gap.dtype)
        per = tf.where(batch["rel"] == 0, gap ** 2, tf.nn.softplus(-r * gap))
        return tf.reduce_mean(per)

    def candidate(batch):
        @tf.custom_gradient
        def relative_depth_crit(z_i, z_j, ground_truth):
            one = tf.ones_like(z_i)
            loss = tf.where(
                ground_truth > 0, tf.math.log(1.0 + tf.exp(-z_i + z_j)),
                tf.where(ground_truth < 0, tf.math.log(1.0 + tf.exp(z_i - z_j)), tf.square(z_i - z_j)))

            def backward(up):
                closer = -one / (tf.exp(z_i - z_j) + 1.0)
                farther = one / (tf.exp(z_j - z_i) + 1.0)
                g = tf.where(ground_truth > 0, closer, tf.where(ground_truth < 0, farther, 2.0 * (z_i - z_j)))
                return up * g, -up * g, None

            return loss, backward

        def hourglass(p):
            return tf.reshape(tf.matmul(keras.activations.tanh(tf.matmul(p, w1)), w2), [-1])

        losses = relative_depth_crit(hourglass(batch["pi"]), hourglass(batch["pj"]), batch["rel"])
        return tf.reduce_sum(losses) / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
