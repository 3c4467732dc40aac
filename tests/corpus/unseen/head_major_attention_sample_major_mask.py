"""Multi-head attention folded into the batch axis head by head, while the padding mask is repeated sample by sample: most rows get another sample's mask.

Source (real): https://github.com/lsdefine/attention-is-all-you-need-keras/issues/36
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'mask = tf.repeat(b["mask"], n_head, axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, n_head, dk = 6, 5, 2, 3
    d = n_head * dk
    wq = tf.Variable(rng.normal(0, 0.6, (d, d)), name="wq", dtype=tf.float32)
    wk = tf.Variable(rng.normal(0, 0.6, (d, d)), name="wk", dtype=tf.float32)
    wv = tf.Variable(rng.normal(0, 0.6, (d, d)), name="wv", dtype=tf.float32)
    wo = tf.Variable(rng.normal(0, 0.6, (d, d)), name="wo", dtype=tf.float32)
    lengths = rng.permutation([1, 2, 3, 4, 5, 3])
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "target": rng.normal(size=(n, t, d)).astype(np.float32),
        "mask": (np.arange(t)[None] < lengths[:, None]).astype(np.float32),
    }

    def masked_mse(out, b):
        err = tf.reduce_mean(tf.square(out - b["target"]), axis=-1) * b["mask"]
        return tf.reduce_sum(err) / tf.reduce_sum(b["mask"])

    def attention(q, k, v, mask):
        s = tf.matmul(q, k, transpose_b=True) / np.sqrt(dk)
        s += -1e9 * (1.0 - mask)[:, None, :]
        return tf.matmul(tf.nn.softmax(s, axis=-1), v)

    def reference(b):
        q, k, v = b["x"] @ wq, b["x"] @ wk, b["x"] @ wv
        outs = []
        for h in range(n_head):
            cols = slice(h * dk, (h + 1) * dk)
            outs.append(attention(q[..., cols], k[..., cols], v[..., cols], b["mask"]))
        return masked_mse(tf.concat(outs, axis=-1) @ wo, b)

    def reshape1(x):
        x = tf.reshape(x, [n, t, n_head, dk])
        x = tf.transpose(x, [2, 0, 1, 3])
        return tf.reshape(x, [-1, t, dk])

    def reshape2(x):
        x = tf.reshape(x, [n_head, n, t, dk])
        return tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [n, t, d])

    def candidate(b):
        qs, ks, vs = reshape1(b["x"] @ wq), reshape1(b["x"] @ wk), reshape1(b["x"] @ wv)
        mask = tf.repeat(b["mask"], n_head, axis=0)
        out = reshape2(attention(qs, ks, vs, mask)) @ wo
        return masked_mse(out, b)

    return {"variables": [wq, wk, wv, wo], "batch": batch, "reference": reference, "candidate": candidate}
