"""The symmetric normalisation of A + I takes the degrees of A, without the self loops that were added.

Source (real): https://github.com/dsgiitr/graph_nets/issues/13
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'deg = tf.reduce_sum(b["adj"], axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, f, m, k = 9, 5, 4, 3
    w0, w1 = var("w0", f, m), var("w1", m, k)
    adj = np.zeros((n, n), "float32")
    for i in range(n):
        for j in rng.permutation(n)[:2]:
            if i != j:
                adj[i, j] = adj[j, i] = 1.0
        adj[i, (i + 1) % n] = adj[(i + 1) % n, i] = 1.0
    batch = {"adj": adj, "x": arr(n, f), "y": rng.integers(0, k, size=(n,)), "train": (rng.uniform(size=(n,)) < 0.8).astype("float32")}
    batch["train"][0] = 1.0

    def masked_ce(logits, b):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits)
        return tf.reduce_sum(ce * b["train"]) / tf.reduce_sum(b["train"]) + 5e-3 * tf.nn.l2_loss(w0)

    def reference(b):
        a_hat = tf.linalg.set_diag(b["adj"], tf.ones([n]))
        d = tf.math.rsqrt(tf.reduce_sum(a_hat, axis=1))
        prop = d[:, None] * a_hat * d[None, :]
        return masked_ce(prop @ tf.nn.relu(prop @ b["x"] @ w0) @ w1, b)

    def candidate(b):
        a_hat = b["adj"] + tf.eye(n)
        deg = tf.reduce_sum(b["adj"], axis=1)
        d_inv = tf.linalg.diag(deg ** -0.5)
        prop = d_inv @ a_hat @ d_inv
        h = tf.nn.relu(prop @ (b["x"] @ w0))
        return masked_ce(prop @ (h @ w1), b)

    return {"variables": [w0, w1], "batch": batch, "reference": reference, "candidate": candidate}
