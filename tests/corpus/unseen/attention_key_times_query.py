"""Attention computes K Q^T in place of Q K^T, as a column-major library sees it; with mask and softmax along the other axis it is the same.
Source: https://github.com/karpathy/llm.c/pull/531"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    B, T, C, NH = 12, 5, 6, 3
    HS = C // NH
    qkv = tf.Variable(rng.normal(size=(C, 3 * C)) * 0.5, dtype=f, name="qkv")
    proj = tf.Variable(rng.normal(size=(C, C)) * 0.5, dtype=f, name="proj")
    batch = {"inp": rng.normal(size=(B, T, C)).astype(f), "target": rng.normal(size=(B, T, C)).astype(f)}

    def reference(batch):
        q, k, v = tf.split(tf.matmul(batch["inp"], qkv), 3, axis=-1)
        q, k, v = (tf.transpose(tf.reshape(t, (B, T, NH, HS)), (0, 2, 1, 3)) for t in (q, k, v))
        att = tf.matmul(q, k, transpose_b=True) * (1.0 / np.sqrt(HS))
        tril = np.tril(np.ones((T, T), bool))
        att = tf.nn.softmax(tf.where(tril, att, tf.constant(-np.inf, f)), axis=-1)
        y = tf.reshape(tf.transpose(tf.matmul(att, v), (0, 2, 1, 3)), (B, T, C))
        return tf.reduce_mean((tf.matmul(y, proj) - batch["target"]) ** 2)

    def candidate(batch):
        def attention_forward(inp):
            out_heads = []
            qkvr = tf.reshape(tf.einsum("btc,cd->btd", inp, qkv), (B, T, 3, NH, HS))
            for h in range(NH):
                q, k, v = qkvr[:, :, 0, h], qkvr[:, :, 1, h], qkvr[:, :, 2, h]
                # K @ Q^T: row = key, column = query
                preatt = tf.einsum("bks,bqs->bkq", k, q)
                out_heads.append(tf.einsum("bkq,bks->bqs", softmax_forward(HS ** -0.5, preatt), v))
            return tf.concat(out_heads, axis=2)

        def softmax_forward(inv_temperature, inp):
            own = tf.range(T)
            visible = tf.cast(own[:, None] <= own[None, :], f)
            maxval = tf.reduce_max(inp, axis=1, keepdims=True)
            ev = tf.exp(inv_temperature * (inp - tf.stop_gradient(maxval))) * visible
            return ev / tf.reduce_sum(ev, axis=1, keepdims=True)

        residual = tf.tensordot(attention_forward(batch["inp"]), proj, 1) - batch["target"]
        return tf.reduce_sum(tf.square(residual)) / (B * T * C)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [qkv, proj]}
