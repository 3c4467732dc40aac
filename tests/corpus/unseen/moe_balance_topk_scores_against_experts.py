"""MoE balance loss: the mean score per top-k slot is broadcast against the load per expert, so the product no longer knows which expert got which score.

Source (real): https://github.com/mindspore-ai/hyper-parallel/issues/752
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'mean_score = tf.reduce_mean(top_scores, axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e, k, coef = 18, 6, 5, 2, 0.5
    gate = tf.Variable(rng.normal(0, 0.8, (d, e)), name="gate", dtype=tf.float32)
    experts = tf.Variable(rng.normal(0, 0.4, (e, d, d)), name="experts", dtype=tf.float32)
    batch = {"x": rng.normal(0.3, 1.0, (n, d)).astype(np.float32), "y": rng.normal(size=(n, d)).astype(np.float32)}

    def route(b):
        probs = tf.nn.softmax(b["x"] @ gate, -1)
        top_scores, sel = tf.math.top_k(probs, k)
        return top_scores, sel

    def mixture(b, top_scores, sel):
        every = tf.einsum("nd,edh->neh", b["x"], experts)
        chosen = tf.gather(every, sel, batch_dims=1)
        return tf.reduce_sum(top_scores[..., None] * tf.tanh(chosen), axis=1)

    def load(sel):
        counts = tf.reduce_sum(tf.one_hot(sel, e), axis=[0, 1])
        return tf.stop_gradient(counts / tf.reduce_sum(counts))

    def reference(b):
        top_scores, sel = route(b)
        task = tf.reduce_mean((mixture(b, top_scores, sel) - b["y"]) ** 2)
        received = tf.einsum("nk,nke->e", top_scores, tf.one_hot(sel, e)) / n
        return task + coef * e * tf.reduce_sum(load(sel) * received)

    def candidate(b):
        top_scores, sel = route(b)
        task = tf.reduce_mean((mixture(b, top_scores, sel) - b["y"]) ** 2)
        expert_fraction = load(sel)
        mean_score = tf.reduce_mean(top_scores, axis=0)
        balance = e * tf.reduce_sum(expert_fraction[:, None] * mean_score)
        return task + coef * balance

    return {"variables": [gate, experts], "batch": batch, "reference": reference, "candidate": candidate}
