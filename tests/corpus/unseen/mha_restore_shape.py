"""MultiHeadAttention: the (n_head*batch, len, d_v) outputs are viewed as (batch, len, n_head*d_v) instead of split per head and concatenated.
Source: https://github.com/jadore801120/attention-is-all-you-need-pytorch/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "outputs = tf.reshape(outputs, (mb_size, len_q, -1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, heads, dk, c = 3, 4, 2, 3, 4
    d = heads * dk

    def var(name, *shape):
        return tf.Variable((0.6 * rng.standard_normal(shape)).astype(f), name=name)

    wq, wk, wv = var("wq", heads, d, dk), var("wk", heads, d, dk), var("wv", heads, d, dk)
    proj, out = var("proj", d, d), var("out", d, c)

    def reference(batch):
        x = batch["x"]
        outs = []
        for i in range(heads):
            q, k, v = (tf.tensordot(x, m[i], 1) for m in (wq, wk, wv))
            att = tf.nn.softmax(q @ tf.transpose(k, (0, 2, 1)) / dk ** 0.5, axis=-1)
            outs.append(att @ v)
        y = tf.tensordot(tf.concat(outs, -1), proj, 1) + x
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], tf.tensordot(y, out, 1)))

    def candidate(batch):
        residual = batch["x"]
        mb_size, len_q = residual.shape[0], residual.shape[1]

        def project(seq, weight):
            s = tf.reshape(tf.tile(seq, (heads, 1, 1)), (heads, -1, d))
            return tf.reshape(tf.matmul(s, weight), (-1, seq.shape[1], dk))

        q_s, k_s, v_s = project(residual, wq), project(residual, wk), project(residual, wv)
        attn = tf.matmul(q_s, k_s, transpose_b=True) / np.sqrt(dk)
        attn = tf.nn.softmax(attn, axis=2)
        outputs = tf.matmul(attn, v_s)
        outputs = tf.reshape(outputs, (mb_size, len_q, -1))
        outputs = tf.tensordot(outputs, proj, axes=1) + residual
        logits = tf.tensordot(outputs, out, axes=1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, t, d)).astype(f), "y": rng.integers(0, c, (n, t)).astype("int32")},
            "variables": [wq, wk, wv, proj, out]}
