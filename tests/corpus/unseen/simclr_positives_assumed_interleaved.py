"""The two views are concatenated (0..N-1, 0..N-1) but the positives are indexed as if they were interleaved.

Source (real): https://github.com/open-mmlab/mmselfsup/issues/159
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "pos_ind = tf.bitwise.bitwise_xor(tf.range(2 * n), 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e = 8, 7, 5
    temperature = 0.2
    w1 = tf.Variable(rng.normal(0, 0.5, (d, 8)).astype("float32"), name="backbone")
    w2 = tf.Variable(rng.normal(0, 0.5, (8, e)).astype("float32"), name="projector")
    x = rng.normal(0, 1, (n, d))
    batch = {
        "view1": (x + 0.2 * rng.normal(0, 1, (n, d))).astype("float32"),
        "view2": (x + 0.2 * rng.normal(0, 1, (n, d))).astype("float32"),
    }

    def embed(x):
        return tf.math.l2_normalize(tf.nn.relu(x @ w1) @ w2, axis=1, epsilon=1e-8)

    def reference(b):
        z1, z2 = embed(b["view1"]), embed(b["view2"])
        every = tf.concat([z1, z2], axis=0)
        total = 0.0
        for own, other, offset in ((z1, z2, 0), (z2, z1, n)):
            for i in range(n):
                sims = tf.linalg.matvec(every, own[i]) / temperature
                others = tf.concat([sims[:offset + i], sims[offset + i + 1:]], axis=0)
                total += tf.reduce_logsumexp(others) - tf.reduce_sum(own[i] * other[i]) / temperature
        return total / (2 * n)

    def candidate(b):
        z = embed(tf.concat([b["view1"], b["view2"]], axis=0))
        s = tf.matmul(z, z, transpose_b=True) / temperature
        off_diagonal = s - 1e9 * tf.eye(2 * n)
        pos_ind = tf.bitwise.bitwise_xor(tf.range(2 * n), 1)
        positive = tf.gather(s, pos_ind, axis=1, batch_dims=1)
        return tf.reduce_mean(tf.reduce_logsumexp(off_diagonal, axis=1) - positive)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
