"""ALiBi: the slope of head h is 2^(-8h/n) instead of 2^(-8(h+1)/n), so the first head gets slope 1.

Source (real): https://github.com/paiml/aprender/pull/2143 (Rust; the paper's and llama.cpp's slopes start one factor later).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "slopes = [2.0 ** (-8.0 * i / heads) for i in range(heads)]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, heads, hd = 13, 6, 2, 4
    d = heads * hd

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    wqkv = tf.Variable(0.5 * arr(d, 3 * d), name="wqkv")
    wo = tf.Variable(0.5 * arr(d, d), name="wo")
    batch = {"x": arr(n, t, d), "y": arr(n, t, d)}

    def reference(b):
        ratio = 2.0 ** (-8.0 / heads)
        q, k, v = tf.split(b["x"] @ wqkv, 3, axis=-1)
        outs, m = [], ratio
        for h in range(heads):
            s = slice(h * hd, (h + 1) * hd)
            rows = []
            for i in range(t):
                score = tf.einsum("nd,njd->nj", q[:, i, s], k[:, : i + 1, s]) / np.sqrt(hd)
                score += m * np.arange(-i, 1).astype(f)
                rows.append(tf.einsum("nj,njd->nd", tf.nn.softmax(score), v[:, : i + 1, s]))
            outs.append(tf.stack(rows, axis=1))
            m *= ratio
        return tf.reduce_mean((tf.concat(outs, axis=-1) @ wo - b["y"]) ** 2)

    def candidate(b):
        def compute_slopes():
            slopes = [2.0 ** (-8.0 * i / heads) for i in range(heads)]
            return tf.constant(slopes, dtype=f)

        qkv = tf.reshape(b["x"] @ wqkv, [-1, t, 3, heads, hd])
        q, k, v = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]))
        positions = tf.range(t)
        distance = tf.cast(positions[None, :] - positions[:, None], f)
        bias = compute_slopes()[:, None, None] * distance
        scores = tf.matmul(q, k, transpose_b=True) / hd**0.5 + bias
        scores = tf.where(distance > 0, tf.constant(-1e9, dtype=f), scores)
        out = tf.transpose(tf.nn.softmax(scores) @ v, [0, 2, 1, 3])
        out = tf.reshape(out, [-1, t, d]) @ wo
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [wqkv, wo], "batch": batch, "reference": reference, "candidate": candidate}
