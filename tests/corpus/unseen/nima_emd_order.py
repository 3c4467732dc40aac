"""NIMA earth mover's distance: absolute values are taken per bin before the cumulative sum, not after it.
Source: https://github.com/yunxiaoshi/Neural-IMage-Assessment/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "emd_loss += tf.reduce_sum(tf.abs(p[:i] - q[:i])) ** r",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, bins, r = 4, 6, 10, 2
    w = tf.Variable((0.5 * rng.normal(size=(d, bins))).astype(fx), name="score_w")
    b = tf.Variable((0.2 * rng.normal(size=(bins,))).astype(fx), name="score_b")
    ratings = rng.dirichlet(np.ones(bins) * 2, size=n)

    def reference(batch):
        probs = tf.nn.softmax(batch["feat"] @ w + b)
        gap = tf.cumsum(batch["ratings"] - probs, axis=-1)
        per_image = tf.sqrt(tf.reduce_mean(tf.abs(gap) ** r, axis=-1))
        return tf.reduce_mean(per_image)

    def candidate(batch):
        def single_emd_loss(p, q):
            length = p.shape[0]
            emd_loss = tf.zeros((), p.dtype)
            for i in range(1, length + 1):
                emd_loss += tf.reduce_sum(tf.abs(p[:i] - q[:i])) ** r
            return (emd_loss / length) ** (1.0 / r)

        pred = tf.nn.softmax(tf.matmul(batch["feat"], w) + b, axis=-1)
        mini_batch_size = pred.shape[0]
        loss_vector = []
        for i in range(mini_batch_size):
            loss_vector.append(single_emd_loss(batch["ratings"][i], pred[i]))
        return tf.add_n(loss_vector) / mini_batch_size

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d)).astype(fx), "ratings": ratings.astype(fx)},
            "variables": [w, b]}
