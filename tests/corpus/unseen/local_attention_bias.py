"""Local attention: the bias per head (h, i, j) is added to scores (b*h, w, i, j) and lands on the windows.

Source (real): https://github.com/lucidrains/local-attention/issues/15 (PyTorch, ported).
Right answer: NOT equivalent. It runs only because there are as many windows as heads: window w gets the bias of head w.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "sim = sim + attn_bias",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, heads, windows, wsize, dim_head = 12, 2, 2, 3, 4
    seq, dim = windows * wsize, heads * dim_head

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_qkv = tf.Variable(0.35 * arr(dim, 3 * dim), name="to_qkv")
    bias_table = tf.Variable(0.8 * arr(heads, 2 * wsize - 1), name="dynamic_pos_bias")
    w_out = tf.Variable(0.5 * arr(dim), name="to_out")
    batch = {"x": arr(n, seq, dim), "y": arr(n, seq)}
    rel = np.arange(wsize)[:, None] - np.arange(wsize)[None] + wsize - 1

    def reference(b):
        q, k, v = tf.split(b["x"] @ w_qkv, 3, axis=-1)
        per_head = []
        for h in range(heads):
            cols = slice(h * dim_head, (h + 1) * dim_head)
            blocks = []
            for w in range(windows):
                rows = slice(w * wsize, (w + 1) * wsize)
                score = tf.einsum("nid,njd->nij", q[:, rows, cols], k[:, rows, cols]) / np.sqrt(dim_head)
                attn = tf.nn.softmax(score + tf.gather(bias_table[h], rel))
                blocks.append(attn @ v[:, rows, cols])
            per_head.append(tf.concat(blocks, axis=1))
        pred = tf.linalg.matvec(tf.concat(per_head, axis=-1), w_out)
        return tf.reduce_mean((pred - b["y"]) ** 2)

    def candidate(b):
        m = b["x"].shape[0]

        def merge_heads_into_batch(t):
            t = tf.transpose(tf.reshape(t, [m, seq, heads, dim_head]), [0, 2, 1, 3])
            return tf.reshape(t, [m * heads, windows, wsize, dim_head])

        bq, bk, bv = (merge_heads_into_batch(t) for t in tf.split(b["x"] @ w_qkv, 3, axis=-1))
        attn_bias = tf.gather(bias_table, rel, axis=1)
        sim = tf.einsum("bhie,bhje->bhij", bq, bk) * dim_head**-0.5
        sim = sim + attn_bias
        attn = tf.nn.softmax(sim, axis=-1)
        out = tf.einsum("bhij,bhje->bhie", attn, bv)
        out = tf.transpose(tf.reshape(out, [m, heads, seq, dim_head]), [0, 2, 1, 3])
        pred = tf.linalg.matvec(tf.reshape(out, [m, seq, dim]), w_out)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [w_qkv, bias_table, w_out], "batch": batch, "reference": reference, "candidate": candidate}
