"""SpectralNet's loss for the normalised Laplacian divides the embedding by the degree instead of by its square root.
Source: https://github.com/shaham-lab/SpectralNet/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "Y = Y / D[:, None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    m, d, k = 7, 4, 3
    l1 = keras.layers.Dense(10, activation="tanh", name="s1")
    l2 = keras.layers.Dense(k, activation="tanh", name="s2")
    l1.build((m, d))
    l2.build((m, 10))

    def affinity(x):
        d2 = tf.reduce_sum((x[:, None] - x[None]) ** 2, -1)
        return tf.exp(-d2 / 4.0)

    def reference(batch):
        y = l2(l1(batch["x"]))
        w = affinity(batch["x"])
        inv = tf.linalg.diag(1.0 / tf.sqrt(tf.reduce_sum(w, 1)))
        deg = tf.reduce_sum(w, 1)
        z = inv @ y
        energy = tf.linalg.trace(tf.transpose(z) @ (tf.linalg.diag(deg) - w) @ z)
        ortho = tf.reduce_sum((tf.transpose(y) @ y / m - tf.eye(k, dtype=y.dtype)) ** 2)
        return 2.0 * energy / m + 0.1 * ortho

    def candidate(batch):
        Y = l2(l1(batch["x"]))
        gram = tf.matmul(Y, Y, transpose_a=True) / tf.cast(m, Y.dtype)
        ortho_penalty = tf.reduce_sum(tf.square(gram - tf.eye(k, dtype=Y.dtype)))
        W = affinity(batch["x"])
        D = tf.reduce_sum(W, axis=1)
        Y = Y / D[:, None]
        Dy = tf.reduce_sum(tf.square(Y[:, None, :] - Y[None, :, :]), axis=-1)
        loss = tf.reduce_sum(W * Dy) / tf.cast(m, Y.dtype)
        return loss + 0.1 * ortho_penalty

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(m, d)).astype(fx)},
            "variables": l1.trainable_variables + l2.trainable_variables}
