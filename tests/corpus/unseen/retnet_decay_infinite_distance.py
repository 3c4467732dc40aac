"""RetNet: the decay mask is gamma ** distance with an infinite distance for future keys; the thread fears that this leaks the future.

Source (real): https://github.com/fkodom/yet-another-retnet/issues/24 (PyTorch, ported; the author: it behaves as expected as long as gamma < 1).
Right answer: EQUIVALENT to the recurrent form: gamma ** inf is exactly zero, and the mask carries no gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, heads, hd, classes = 12, 6, 2, 4, 5
    d = heads * hd

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    q_proj = tf.Variable(0.4 * arr(d, d), name="q_proj")
    k_proj = tf.Variable(0.4 * arr(d, d), name="k_proj")
    v_proj = tf.Variable(0.4 * arr(d, d), name="v_proj")
    out_proj = tf.Variable(0.6 * arr(d, classes), name="out_proj")
    batch = {"x": arr(n, length, d), "label": rng.integers(0, classes, (n, length))}
    gammas = (1.0 - np.exp(np.linspace(np.log(1 / 32), np.log(1 / 512), heads))).astype(f)

    def loss(out, label):
        logits = tf.nn.silu(out) @ out_proj
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits))

    def reference(b):
        # recurrent retention, one token after the other
        state = tf.zeros([n, heads, hd, hd], out_proj.dtype)
        outs = []
        for t in range(length):
            q, k, v = (tf.reshape(b["x"][:, t] @ p, [n, heads, hd]) for p in (q_proj, k_proj, v_proj))
            state = state * gammas[None, :, None, None] + (k / hd**0.5)[..., None] * v[:, :, None, :]
            outs.append(tf.reshape(tf.linalg.matvec(state, q, transpose_a=True), [n, d]))
        return loss(tf.stack(outs, 1), b["label"])

    def candidate(b):
        def _build_decay_mask(query_length, key_length, decay_gammas):
            query_pos = tf.range(query_length, dtype=decay_gammas.dtype)
            key_pos = tf.range(key_length, dtype=decay_gammas.dtype)
            distance = tf.abs(query_pos[:, None] - key_pos[None])
            future = query_pos[:, None] < key_pos[None]
            distance = tf.where(future, tf.cast(float("inf"), distance.dtype), distance)
            return decay_gammas[:, None, None] ** distance[None]

        def split_heads(x):
            return tf.transpose(tf.reshape(x, [n, length, heads, hd]), [0, 2, 1, 3])

        query, key, value = (split_heads(b["x"] @ p) for p in (q_proj, k_proj, v_proj))
        key = key / hd**0.5
        similarity = tf.einsum("bhnd,bhsd->bhns", query, key)
        similarity = similarity * _build_decay_mask(length, length, tf.constant(gammas))[None]
        retention = tf.einsum("bhns,bhsd->bhnd", similarity, value)
        retention = tf.reshape(tf.transpose(retention, [0, 2, 1, 3]), [n, length, d])
        return loss(retention, b["label"])

    return {"variables": [q_proj, k_proj, v_proj, out_proj], "batch": batch, "reference": reference, "candidate": candidate}
