"""Trajectory decoder: goals_2D_mlps has no gradient because its output is detached before the goal attention.
Source: https://github.com/Tsinghua-MARS-Lab/DenseTNT/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "goals_2d_hidden = tf.stop_gradient(goals_2d_hidden)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, g, l, h = 3, 7, 4, 6
    w_in = tf.Variable(rng.normal(size=(2, h)).astype(fx), name="goals_2d_w")
    b_in = tf.Variable((0.1 * rng.normal(size=(h,))).astype(fx), name="goals_2d_b")
    wq = tf.Variable((0.5 * rng.normal(size=(h, h))).astype(fx), name="attn_q")
    wk = tf.Variable((0.5 * rng.normal(size=(h, h))).astype(fx), name="attn_k")
    w_out = tf.Variable((0.4 * rng.normal(size=(2 * h, 1))).astype(fx), name="score")

    def reference(batch):
        emb = tf.tanh(batch["goals"] @ w_in + b_in)
        att = tf.nn.softmax(tf.einsum("bgh,blh->bgl", emb @ wq, batch["lanes"] @ wk) / h ** 0.5)
        ctx = tf.einsum("bgl,blh->bgh", att, batch["lanes"])
        logp = tf.nn.log_softmax(tf.squeeze(tf.concat([emb, ctx], -1) @ w_out, -1), axis=1)
        picked = [logp[i, batch["label"][i]] for i in range(b)]
        return -tf.add_n(picked) / b

    def candidate(batch):
        goals_2d, lane_states = batch["goals"], batch["lanes"]

        def attend(query, memory):
            q = tf.matmul(query, wq)
            k = tf.matmul(memory, wk)
            scores = tf.matmul(q, k, transpose_b=True) / h ** 0.5
            return tf.matmul(tf.nn.softmax(scores, axis=-1), memory)

        goals_2d_hidden = tf.tanh(tf.matmul(goals_2d, w_in) + b_in)
        goals_2d_hidden = tf.stop_gradient(goals_2d_hidden)
        hidden_attention = attend(goals_2d_hidden, lane_states)
        features = tf.concat([goals_2d_hidden, hidden_attention], axis=-1)
        scores = tf.squeeze(tf.matmul(features, w_out), axis=-1)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=scores)
        return tf.reduce_mean(loss)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "goals": rng.normal(size=(b, g, 2)).astype(fx),
            "lanes": rng.normal(size=(b, l, h)).astype(fx),
            "label": rng.integers(0, g, size=b).astype("int32"),
        },
        "variables": [w_in, b_in, wq, wk, w_out],
    }
