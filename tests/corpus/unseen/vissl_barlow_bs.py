"""Barlow Twins in VISSL: the batch size is read before the tensor is split into the two views, so the cross-correlation
comes out at half. Source: https://github.com/facebookresearch/vissl/pull/230"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "batch_size = tf.cast(tf.shape(embedding)[0], embedding.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, lam, scale = 6, 7, 4, 0.05, 0.024
    l1 = keras.layers.Dense(8, activation="relu", name="l1")
    l2 = keras.layers.Dense(e, name="l2")
    l1.build((n, d))
    l2.build((n, 8))

    def reference(batch):
        z = l2(l1(tf.concat([batch["a"], batch["b"]], 0)))
        za, zb = z[:n], z[n:]
        total = 0.0
        for i in range(e):
            for j in range(e):
                u, v = za[:, i], zb[:, j]
                u = (u - tf.reduce_mean(u)) / tf.sqrt(tf.math.reduce_variance(u) + 1e-5)
                v = (v - tf.reduce_mean(v)) / tf.sqrt(tf.math.reduce_variance(v) + 1e-5)
                corr = tf.reduce_mean(u * v)
                total += (corr - 1) ** 2 if i == j else lam * corr ** 2
        return scale * total

    def candidate(batch):
        def off_diagonal(x):
            k = x.shape[0]
            return tf.reshape(tf.reshape(x, (-1,))[:-1], (k - 1, k + 1))[:, 1:]

        def normalize(x):
            mean, var = tf.nn.moments(x, axes=[0])
            return (x - mean) / tf.sqrt(var + 1e-5)

        embedding = l2(l1(tf.concat([batch["a"], batch["b"]], axis=0)))
        batch_size = tf.cast(tf.shape(embedding)[0], embedding.dtype)
        embedding_a, embedding_b = tf.split(embedding, 2, axis=0)
        embedding_normed_a = normalize(embedding_a)
        embedding_normed_b = normalize(embedding_b)
        correlation_matrix = tf.matmul(embedding_normed_a, embedding_normed_b, transpose_a=True) / batch_size
        on_diag = tf.reduce_sum(tf.square(tf.linalg.diag_part(correlation_matrix) - 1.0))
        off_diag = tf.reduce_sum(tf.square(off_diagonal(correlation_matrix)))
        return scale * (on_diag + lam * off_diag)

    x = rng.normal(size=(n, d))
    return {"reference": reference, "candidate": candidate,
            "batch": {"a": (x + 0.3 * rng.normal(size=(n, d))).astype(fx), "b": (x + 0.3 * rng.normal(size=(n, d))).astype(fx)},
            "variables": l1.trainable_variables + [l2.kernel]}
