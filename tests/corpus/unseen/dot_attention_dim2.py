"""Dot attention calls softmax over axis 2; with a head axis (four dimensions) that is the query axis.

Source (real): https://github.com/FudanNLP/fastNLP/issues/254 (PyTorch, ported).
Right answer: NOT equivalent; the axis must be -1.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "output = tf.nn.softmax(output, axis=2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, heads, key_size, d = 13, 5, 2, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    q_in = tf.Variable(0.6 * arr(d, heads * key_size), name="q_in")
    k_in = tf.Variable(0.6 * arr(d, heads * key_size), name="k_in")
    v_in = tf.Variable(0.6 * arr(d, heads * key_size), name="v_in")
    seq_len = rng.integers(2, length + 1, n)
    batch = {"x": arr(n, length, d), "seq_len": seq_len, "y": arr(n, heads * key_size)}

    def reference(b):
        total = 0.0
        m = b["x"].shape[0]
        for i in range(m):
            words = b["x"][i, : int(b["seq_len"][i])]
            q, k, v = words @ q_in, words @ k_in, words @ v_in
            heads_out = []
            for hd in range(heads):
                cut = slice(hd * key_size, (hd + 1) * key_size)
                weights = tf.nn.softmax(tf.matmul(q[:, cut], k[:, cut], transpose_b=True) / np.sqrt(key_size))
                heads_out.append(weights @ v[:, cut])
            pooled = tf.reduce_mean(tf.concat(heads_out, axis=1), axis=0)
            total += tf.reduce_sum(tf.square(pooled - b["y"][i]))
        return total / m

    def candidate(b):
        scale = np.sqrt(key_size)

        def dot_attention(q, k, v, mask_out):
            output = tf.matmul(q, k, transpose_b=True) / scale
            output = tf.where(mask_out, tf.cast(-1e18, output.dtype), output)
            output = tf.nn.softmax(output, axis=2)
            return tf.matmul(output, v)

        def split(t):
            return tf.transpose(tf.reshape(t, [-1, length, heads, key_size]), [0, 2, 1, 3])

        valid = tf.sequence_mask(b["seq_len"], length)
        mask_out = tf.broadcast_to(~valid[:, None, None, :], [tf.shape(valid)[0], heads, length, length])
        att = dot_attention(split(b["x"] @ q_in), split(b["x"] @ k_in), split(b["x"] @ v_in), mask_out)
        att = tf.reshape(tf.transpose(att, [0, 2, 1, 3]), [-1, length, heads * key_size])
        w = tf.cast(valid, att.dtype)[:, :, None]
        pooled = tf.reduce_sum(att * w, axis=1) / tf.reduce_sum(w, axis=1)
        return tf.reduce_mean(tf.reduce_sum(tf.square(pooled - b["y"]), axis=-1))

    return {"variables": [q_in, k_in, v_in], "batch": batch, "reference": reference, "candidate": candidate}
