"""Right: an auxiliary loss that only enters through a custom backward pass with gradient one trains like an added term.

Source (real): https://github.com/deepseek-ai/DeepSeek-MoE/issues/17
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e, k, coef = 15, 6, 4, 2, 0.3
    gate = tf.Variable(rng.normal(0, 0.7, (d, e)), name="gate")
    experts = tf.Variable(rng.normal(0, 0.4, (e, d, d)), name="experts")
    head = tf.Variable(rng.normal(0, 0.5, (d, 3)), name="head")
    batch = {"x": rng.normal(size=(n, d)), "y": rng.integers(0, 3, n)}

    @tf.custom_gradient
    def add_aux(y, aux):
        def backward(dy):
            return dy, tf.ones_like(aux)
        return tf.identity(y), backward

    def moe(x):
        probs = tf.nn.softmax(x @ gate, -1)
        top, sel = tf.math.top_k(probs, k)
        every = tf.einsum("nd,edh->neh", x, experts)
        y = tf.reduce_sum(tf.gather(every, sel, batch_dims=1) * top[..., None], 1)
        ce = tf.reduce_mean(tf.one_hot(tf.reshape(sel, [-1]), e, dtype=tf.float64), 0)
        return x + y, coef * e * tf.reduce_sum(ce * tf.reduce_mean(probs, 0))

    def classify(h, labels):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=tf.tanh(h) @ head))

    def reference(b):
        h, aux = moe(b["x"])
        return classify(h, b["y"]) + aux

    def candidate(b):
        h, aux = moe(b["x"])
        h = add_aux(h, aux)
        return classify(h, b["y"])

    return {"variables": [gate, experts, head], "batch": batch, "reference": reference, "candidate": candidate}
