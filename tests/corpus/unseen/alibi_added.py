"""ALiBi: the paper subtracts the distance, the code adds slope * key position; both are the same under a causal softmax.
Source: https://github.com/ofirpress/attention_with_linear_biases/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, heads, length, d, dm = 2, 4, 6, 3, 4
    x = rng.normal(size=(n, length, dm)).astype(fx)
    y = rng.normal(size=(n, length, dm)).astype(fx)
    wqkv = tf.Variable((0.7 * rng.normal(size=(3, dm, heads, d))).astype(fx), name="wqkv")
    wo = tf.Variable((0.5 * rng.normal(size=(heads, d, dm))).astype(fx), name="wo")

    def reference(batch):
        rows = []
        for i in range(length):
            total = 0.0
            for h in range(heads):
                m = 2.0 ** (-8.0 * (h + 1) / heads)
                q = batch["x"][:, i] @ wqkv[0, :, h]
                k = batch["x"][:, : i + 1] @ wqkv[1, :, h]
                v = batch["x"][:, : i + 1] @ wqkv[2, :, h]
                dist = tf.constant((i - np.arange(i + 1)).astype(fx))
                p = tf.nn.softmax(tf.einsum("nd,njd->nj", q, k) / np.sqrt(d) - m * dist)
                total += tf.einsum("nj,njd->nd", p, v) @ wo[h]
            rows.append(total)
        return tf.reduce_mean(tf.square(tf.stack(rows, axis=1) - batch["y"]))

    def candidate(batch):
        def get_slopes(k):
            start = 2.0 ** (-(2.0 ** -(np.log2(k) - 3)))
            return np.array([start * start ** i for i in range(k)]).astype(fx)

        slopes = tf.constant(get_slopes(heads))
        alibi = slopes[:, None, None] * tf.range(length, dtype=slopes.dtype)[None, None, :]
        future_mask = tf.fill((length, length), tf.constant(-1e9, slopes.dtype))
        future_mask = future_mask - tf.linalg.band_part(future_mask, -1, 0)
        buffered_future_mask = future_mask[None] + alibi

        q, k, v = tf.unstack(tf.einsum("nld,cdhe->cnhle", batch["x"], wqkv))
        attn = tf.matmul(q * d ** -0.5, k, transpose_b=True) + buffered_future_mask[None]
        out = tf.matmul(tf.nn.softmax(attn, axis=-1), v)
        out = tf.einsum("nhle,hed->nld", out, wo)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [wqkv, wo]}
