"""The normalised Laplacian should use the row sums of A, the degree of the nodes counts a self loop twice. Source: https://github.com/networkx/networkx/pull/738"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'degree = tf.reduce_sum(A, axis=1) + tf.linalg.diag_part(A)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, k = 5, 3, 2
    A = np.zeros((n, n))
    for i, j in [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (1, 3)]:
        A[i, j] = A[j, i] = 1
    A[0, 0] = A[2, 2] = A[3, 3] = 1
    A = A.astype(fx)
    x = normal(n, d)
    labels = rng.integers(0, k, n).astype("int32")
    known = np.array([1, 0, 1, 0, 1], dtype=fx)
    kernel = var("kernel", d, k)

    def reference(batch):
        f = batch["x"] @ kernel
        deg = tf.reduce_sum(batch["A"], axis=1)
        smooth = 0.0
        for i in range(n):
            for j in range(n):
                gap = f[i] / tf.sqrt(deg[i]) - f[j] / tf.sqrt(deg[j])
                smooth += 0.5 * batch["A"][i, j] * tf.reduce_sum(gap ** 2)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=f)
        return tf.reduce_sum(ce * batch["known"]) / tf.reduce_sum(batch["known"]) + 0.3 * smooth

    def candidate(batch):
        A = batch["A"]
        degree = tf.reduce_sum(A, axis=1) + tf.linalg.diag_part(A)
        d_isqrt = tf.linalg.diag(tf.math.rsqrt(degree))
        laplacian = tf.linalg.diag(degree) - A
        normalized = tf.matmul(tf.matmul(d_isqrt, laplacian), d_isqrt)
        logits = tf.matmul(batch["x"], kernel)
        energy = tf.linalg.trace(tf.matmul(logits, tf.matmul(normalized, logits), transpose_a=True))
        logp = tf.gather(tf.nn.log_softmax(logits, axis=-1), batch["labels"], batch_dims=1)
        supervised = -tf.reduce_sum(logp * batch["known"]) / tf.reduce_sum(batch["known"])
        return supervised + 0.3 * energy

    return {"reference": reference, "candidate": candidate,
            "batch": {"A": A, "x": x, "labels": labels, "known": known}, "variables": [kernel]}
