"""A SimCLR clamps the cosine similarities at 1e-7 from below: negatives that are already beyond orthogonal are not pushed
away any longer.
Source: https://github.com/p3i0t/SimCLR-CIFAR10/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "x_scores = tf.maximum(tf.matmul(x, x, transpose_b=True), 1e-7)",
    "same_forward_value": False,
}


def nt_xent(x, t=0.5):
    x = tf.math.l2_normalize(x, axis=1)
    x_scores = tf.maximum(tf.matmul(x, x, transpose_b=True), 1e-7)
    x_scale = x_scores / t
    # remove the diagonal
    x_scale = x_scale - tf.eye(x.shape[0], dtype=x.dtype) * 1e5
    # targets: views are interleaved, 2N rows
    targets = np.arange(x.shape[0])
    targets[::2] += 1
    targets[1::2] -= 1
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=x_scale))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, tau = 14, 0.5
    enc = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(5, activation="tanh", name="backbone"),
                            keras.layers.Dense(3, use_bias=False, name="projection")])

    def reference(batch):
        z = enc(batch["views"])
        z = z / tf.norm(z, axis=1, keepdims=True)
        cos = tf.einsum("id,jd->ij", z, z)
        loss = []
        for k in range(0, n, 2):
            for i, j in ((k, k + 1), (k + 1, k)):
                keep = [m for m in range(n) if m != i]
                row = tf.gather(cos[i], keep) / tau
                loss.append(tf.reduce_logsumexp(row) - cos[i, j] / tau)
        return tf.add_n(loss) / n

    def candidate(batch):
        return nt_xent(enc(batch["views"]), t=tau)

    x = np.repeat(rng.standard_normal((n // 2, 6)), 2, axis=0) + 0.3 * rng.standard_normal((n, 6))
    return {"reference": reference, "candidate": candidate, "batch": {"views": x.astype(f)},
            "variables": list(enc.trainable_variables)}
