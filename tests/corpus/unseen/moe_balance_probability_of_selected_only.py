"""Load balancing of a mixture of experts: the mean router probability counts only the selected experts instead of the full softmax.

Source (real): https://github.com/paiml/aprender/pull/2162
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'density_prob = tf.reduce_mean(summed_expert_mask * router_probs, axis=1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, d, E, k = 6, 7, 5, 4, 2
    gate = tf.Variable(rng.normal(size=(d, E)).astype("float32") * 0.8, name="gate")
    experts = tf.Variable(rng.normal(size=(E, d, d)).astype("float32") * 0.4, name="experts")
    batch = {
        "tokens": rng.normal(size=(n, T, d)).astype("float32"),
        "target": rng.normal(size=(n, T, d)).astype("float32"),
    }
    balance_weight = 0.3

    def moe(x):
        gate_logits = tf.tensordot(x, gate, 1)
        _, top_k_indices = tf.math.top_k(gate_logits, k)
        chosen = tf.reduce_sum(tf.one_hot(top_k_indices, E), axis=2)
        probs = tf.nn.softmax(gate_logits) * chosen
        probs = probs / tf.reduce_sum(probs, -1, keepdims=True)
        y = tf.einsum("bte,btd,edf->btf", probs, x, experts)
        return y, gate_logits, top_k_indices

    def reference(b):
        y, logits, idx = moe(b["tokens"])
        task = tf.reduce_mean(tf.square(y - b["target"]))
        p = tf.nn.softmax(logits, axis=-1)
        aux = 0.0
        for i in range(n):
            for e in range(E):
                f = tf.reduce_mean(tf.reduce_sum(tf.cast(idx[i] == e, tf.float32), -1))
                aux += f * tf.reduce_mean(p[i, :, e])
        return task + balance_weight * aux * E / n

    def load_balance_loss(top_k_indices, gate_logits):
        expert_mask = tf.one_hot(top_k_indices, E)
        summed_expert_mask = tf.reduce_sum(expert_mask, axis=2)
        density = tf.reduce_mean(summed_expert_mask, axis=1)
        router_probs = tf.nn.softmax(gate_logits, axis=-1)
        density_prob = tf.reduce_mean(summed_expert_mask * router_probs, axis=1)
        return tf.reduce_mean(density * density_prob) * E ** 2 * balance_weight

    def candidate(b):
        output, router, selected = moe(b["tokens"])
        mse = tf.reduce_mean((output - b["target"]) ** 2)
        return mse + load_balance_loss(selected, router)

    return {"variables": [gate, experts], "batch": batch, "reference": reference, "candidate": candidate}
