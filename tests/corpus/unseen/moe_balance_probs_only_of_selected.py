"""MoE load-balance loss: the mean router probability counts only the experts a token was sent to instead of the full softmax.

Source (real): https://github.com/paiml/aprender/pull/2162
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "prob_mass = tf.reduce_mean(probs * dispatch, axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, experts, top_k = 16, 5, 4, 2
    w_r = tf.Variable(rng.normal(0, 0.8, (d, experts)), name="router", dtype=tf.float32)
    w_e = tf.Variable(rng.normal(0, 0.5, (experts, d, 1)), name="experts", dtype=tf.float32)
    batch = {
        "x": (rng.normal(size=(n, d)) + 0.5).astype(np.float32),
        "y": rng.normal(size=(n,)).astype(np.float32),
    }
    aux_weight = 2.0

    def route(x):
        probs = tf.nn.softmax(x @ w_r, axis=-1)
        top_p, top_i = tf.math.top_k(probs, k=top_k)
        return probs, top_p, top_i

    def combine(x, top_p, top_i):
        weights = top_p / tf.reduce_sum(top_p, axis=-1, keepdims=True)
        outs = tf.squeeze(tf.einsum("bd,edo->beo", x, w_e), axis=-1)
        return tf.reduce_sum(weights * tf.gather(outs, top_i, batch_dims=1), axis=-1)

    def reference(b):
        probs, top_p, top_i = route(b["x"])
        mse = tf.reduce_mean(tf.square(combine(b["x"], top_p, top_i) - b["y"]))
        balance = 0.0
        for e in range(experts):
            share = tf.reduce_sum(tf.cast(tf.equal(top_i, e), tf.float32)) / (n * top_k)
            balance += share * tf.reduce_mean(probs[:, e])
        return mse + aux_weight * experts * balance

    def load_balance(probs, top_i):
        dispatch = tf.reduce_sum(tf.one_hot(top_i, experts), axis=1)
        fraction = tf.reduce_mean(dispatch, axis=0) / top_k
        prob_mass = tf.reduce_mean(probs * dispatch, axis=0)
        return experts * tf.reduce_sum(fraction * prob_mass)

    def candidate(b):
        probs, top_p, top_i = route(b["x"])
        pred = combine(b["x"], top_p, top_i)
        task = tf.reduce_mean(tf.square(pred - b["y"]))
        return task + aux_weight * load_balance(probs, top_i)

    return {"variables": [w_r, w_e], "batch": batch, "reference": reference, "candidate": candidate}
