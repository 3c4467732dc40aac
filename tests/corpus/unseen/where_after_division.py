"""The mean over valid entries is 0/0 for a row without any; where() repairs the value but its gradient stays NaN.
Source: https://github.com/pytorch/pytorch/issues/16317"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "per_image = tf.reduce_sum(err, axis=1) / n_valid",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, k, d = 5, 4, 6
    head = keras.layers.Dense(k * 2, name="keypoints")
    head.build((None, d))

    def reference(batch):
        xy = tf.reshape(head(batch["feat"]), (n, k, 2))
        total = tf.zeros((), xy.dtype)
        for i in range(n):
            vis = tf.where(batch["visible"][i] > 0)[:, 0]
            if int(tf.size(vis)) == 0:
                continue
            diff = tf.gather(xy[i] - batch["target"][i], vis)
            total += tf.reduce_mean(tf.reduce_sum(tf.abs(diff), axis=-1))
        return total / n

    def candidate(batch):
        pred = tf.reshape(head(batch["feat"]), (-1, k, 2))
        vis = batch["visible"]
        err = tf.reduce_sum(tf.abs(pred - batch["target"]), axis=-1) * vis
        n_valid = tf.reduce_sum(vis, axis=1)
        per_image = tf.reduce_sum(err, axis=1) / n_valid
        per_image = tf.where(tf.reduce_any(vis > 0, axis=1), per_image, tf.zeros_like(per_image))
        return tf.reduce_mean(per_image)

    vis = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0]])
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.standard_normal((n, d)).astype(fx),
                      "target": rng.standard_normal((n, k, 2)).astype(fx), "visible": vis.astype(fx)},
            "variables": head.trainable_variables}
