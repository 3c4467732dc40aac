"""llama-from-scratch get_rotary_matrix keeps the paper's i - 1 in the exponent although i starts from zero.
Source: https://github.com/bkitano/llama-from-scratch/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'theta = base ** (-2.0 * (i - 1) / d)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, t, vocab, d, base = 3, 5, 6, 4, 100.0
    emb = var("emb", vocab, d)
    wq, wk, wv = var("wq", d, d), var("wk", d, d), var("wv", d, d)
    out = var("out", d, vocab)

    def reference(batch):
        ids = batch["ids"]
        x = tf.gather(emb, ids[:, :-1])
        inv = base ** (-np.arange(0, d, 2) / d)
        ang = tf.constant((np.arange(t)[:, None] * inv[None]).astype(F))
        cos, sin = tf.cos(ang), tf.sin(ang)

        def rope(v):
            even, odd = v[..., 0::2], v[..., 1::2]
            return tf.reshape(tf.stack([even * cos - odd * sin, even * sin + odd * cos], -1), [n, t, d])

        att = rope(x @ wq) @ tf.linalg.matrix_transpose(rope(x @ wk)) / d ** 0.5
        keep = tf.range(t)[:, None] >= tf.range(t)[None]
        p = tf.nn.softmax(tf.where(keep, att, -1e9 * tf.ones_like(att)))
        logits = (x + p @ (x @ wv)) @ out
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits))

    def candidate(batch):
        def get_rotary_matrix(context_window):
            R = np.zeros((context_window, d, d))
            for position in range(context_window):
                for i in range(d // 2):
                    theta = base ** (-2.0 * (i - 1) / d)
                    m_theta = position * theta
                    R[position, 2 * i, 2 * i] = np.cos(m_theta)
                    R[position, 2 * i, 2 * i + 1] = -np.sin(m_theta)
                    R[position, 2 * i + 1, 2 * i] = np.sin(m_theta)
                    R[position, 2 * i + 1, 2 * i + 1] = np.cos(m_theta)
            return tf.constant(R.astype(F))

        inputs, targets = batch["ids"][:, :-1], batch["ids"][:, 1:]
        x = tf.nn.embedding_lookup(emb, inputs)
        R = get_rotary_matrix(t)
        q_rot = tf.einsum("mij,bmj->bmi", R, tf.matmul(x, wq))
        k_rot = tf.einsum("mij,bmj->bmi", R, tf.matmul(x, wk))
        scores = tf.matmul(q_rot, k_rot, transpose_b=True) / np.sqrt(d).astype(F)
        causal = tf.linalg.band_part(tf.ones([t, t], dtype=F), -1, 0)
        weights = tf.nn.softmax(scores + (causal - 1.0) * 1e9, axis=-1)
        hidden = x + tf.matmul(weights, tf.matmul(x, wv))
        logp = tf.nn.log_softmax(tf.matmul(hidden, out), axis=-1)
        return -tf.reduce_mean(tf.gather(logp, targets, batch_dims=2))

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, (n, t + 1))}, "variables": [emb, wq, wk, wv, out]}
