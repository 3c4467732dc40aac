"""Sparsely gated experts with k = 1: the softmax over the single top logit is 1, so the gate has a zero gradient.

Source (real): https://github.com/davidmrau/mixture-of-experts/issues/27 (PyTorch, "Zero Grad of w_gate"; the thread proposes the softmax
over all the experts before top-k).
Right answer: NOT equivalent; the gradient of w_gate is exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "top_k_gates = tf.nn.softmax(top_k_logits, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, out, num_experts, k = 27, 5, 6, 2, 4, 1

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w_gate = tf.Variable(0.8 * arr(d, num_experts), name="w_gate")
    fc1 = tf.Variable(0.6 * arr(num_experts, d, hid), name="experts_fc1")
    fc2 = tf.Variable(0.6 * arr(num_experts, hid, out), name="experts_fc2")
    batch = {"x": arr(n, d), "y": arr(n, out)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["x"][i : i + 1]
            prob = tf.nn.softmax(x @ w_gate)[0]
            e = int(tf.argmax(prob))
            y = prob[e] * (tf.nn.relu(x @ fc1[e]) @ fc2[e])
            total += tf.reduce_sum(tf.square(y[0] - b["y"][i]))
        return total / m

    def candidate(b):
        def noisy_top_k_gating(x):
            logits = x @ w_gate
            top_k_logits, top_k_indices = tf.math.top_k(logits, k=k)
            top_k_gates = tf.nn.softmax(top_k_logits, axis=1)
            return tf.reduce_sum(tf.one_hot(top_k_indices, num_experts, dtype=x.dtype) * top_k_gates[..., None], axis=1)

        gates = noisy_top_k_gating(b["x"])
        h = tf.nn.relu(tf.einsum("nd,edh->enh", b["x"], fc1))
        expert_outputs = tf.einsum("enh,eho->neo", h, fc2)
        y = tf.einsum("ne,neo->no", gates, expert_outputs)
        return tf.reduce_mean(tf.reduce_sum((y - b["y"]) ** 2, axis=1))

    return {"variables": [w_gate, fc1, fc2], "batch": batch, "reference": reference, "candidate": candidate}
