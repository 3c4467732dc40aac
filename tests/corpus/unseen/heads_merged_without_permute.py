"""Multi-head attention: the heads are merged by a reshape without moving the head axis behind the sequence axis.

Source (real): https://github.com/ajhalthor/Transformer-Neural-Network/issues/8 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "values = tf.reshape(values, [-1, seq_len, d_model])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, seq_len, d_model, heads = 13, 5, 6, 2
    head_dim = d_model // heads
    w_qkv = tf.Variable(0.5 * arr(d_model, 3 * d_model), name="qkv_layer")
    w_out = tf.Variable(0.5 * arr(d_model, d_model), name="linear_layer")
    batch = {"x": arr(n, seq_len, d_model), "y": arr(n, seq_len, d_model)}

    def reference(b):
        mixed = b["x"] @ w_qkv
        outs = []
        for h in range(heads):
            at = 3 * head_dim * h
            q, k, v = (mixed[..., at + j * head_dim : at + (j + 1) * head_dim] for j in range(3))
            scores = tf.einsum("bid,bjd->bij", q, k) / np.sqrt(head_dim)
            outs.append(tf.nn.softmax(scores) @ v)
        return tf.reduce_mean((tf.concat(outs, axis=-1) @ w_out - b["y"]) ** 2)

    def candidate(b):
        qkv = tf.reshape(b["x"] @ w_qkv, [-1, seq_len, heads, 3 * head_dim])
        qkv = tf.transpose(qkv, [0, 2, 1, 3])
        q, k, v = tf.split(qkv, 3, axis=-1)
        scaled = q @ tf.linalg.matrix_transpose(k) / np.sqrt(head_dim)
        attention = tf.nn.softmax(scaled, axis=-1)
        values = attention @ v
        values = tf.reshape(values, [-1, seq_len, d_model])
        out = values @ w_out
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [w_qkv, w_out], "batch": batch, "reference": reference, "candidate": candidate}
