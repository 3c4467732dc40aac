"""DIML (interpretable metric learning by optimal transport): in the training criterion the two operands of the einsum
are in the other order than in the evaluation; the similarity map is transposed against the marginals.
Source: https://github.com/wl-zhao/DIML/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'sim = tf.einsum("bcs,bcm->bsm", anc, pos)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, d, c, r, eps = 14, 4, 5, 6, 0.5
    w = var("w", d, c)
    batch = {
        "anchor": rng.standard_normal((n, r, d)).astype(f),
        "other": rng.standard_normal((n, r, d)).astype(f),
        "same": rng.integers(0, 2, n).astype(f),
    }

    def reference(batch):
        total = 0.0
        for i in range(n):
            a = tf.nn.l2_normalize(batch["anchor"][i] @ w, axis=1)
            p = tf.nn.l2_normalize(batch["other"][i] @ w, axis=1)
            mass_p = tf.nn.softmax(tf.linalg.matvec(p, tf.reduce_mean(a, 0)) / 0.2)
            mass_a = tf.nn.softmax(tf.linalg.matvec(a, tf.reduce_mean(p, 0)) / 0.2)
            s = tf.matmul(p, a, transpose_b=True)
            k = tf.exp((s - 1.0) / eps)
            v = tf.ones([r], f)
            for _ in range(25):
                u = mass_p / tf.linalg.matvec(k, v)
                v = mass_a / tf.linalg.matvec(k, u, transpose_a=True)
            dist = 1.0 - tf.reduce_sum(u[:, None] * k * v[None, :] * s)
            y = batch["same"][i]
            total = total + y * dist + (1.0 - y) * tf.nn.softplus((1.0 - dist) * 2.0)
        return total / n

    def candidate(batch):
        def sinkhorn(rows, columns, kernel):
            right = tf.ones_like(columns)
            for _ in range(25):
                left = rows / tf.einsum("bsm,bm->bs", kernel, right)
                right = columns / tf.einsum("bsm,bs->bm", kernel, left)
            return left[:, :, None] * kernel * right[:, None, :]

        anc = tf.transpose(tf.nn.l2_normalize(tf.tensordot(batch["anchor"], w, 1), axis=-1), [0, 2, 1])
        pos = tf.transpose(tf.nn.l2_normalize(tf.tensordot(batch["other"], w, 1), axis=-1), [0, 2, 1])
        att_pos = tf.nn.softmax(tf.einsum("bcs,bc->bs", pos, tf.reduce_mean(anc, -1)) / 0.2)
        att_anc = tf.nn.softmax(tf.einsum("bcm,bc->bm", anc, tf.reduce_mean(pos, -1)) / 0.2)
        sim = tf.einsum("bcs,bcm->bsm", anc, pos)
        plan = sinkhorn(att_pos, att_anc, tf.exp(-(1.0 - sim) / eps))
        dist = 1.0 - tf.reduce_sum(plan * sim, [1, 2])
        is_pos = batch["same"]
        return tf.reduce_mean(is_pos * dist + (1.0 - is_pos) * tf.nn.softplus(2.0 - 2.0 * dist))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
