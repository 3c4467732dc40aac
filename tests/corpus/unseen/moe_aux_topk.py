"""Mixtral's load balancing loss: how the routers' probability of each expert is computed from the gate logits.
Source: https://github.com/huggingface/transformers/issues/28021"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'dead',
    "line_marker": 'router_prob = tf.reduce_mean(routing_weights, axis=-1, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, t, d, experts, k = 2, 4, 5, 4, 2
    gates = [tf.Variable(rng.normal(0, 1.0, (d, experts)).astype(fx), name=f"gate_{i}") for i in range(2)]

    def reference(batch):
        total = 0.0
        for i, gate in enumerate(gates):
            p = tf.nn.softmax(tf.reshape(batch["hidden"][i], (-1, d)) @ gate, axis=-1)
            _, chosen = tf.math.top_k(p, k)
            used = tf.reduce_max(tf.one_hot(chosen, experts, dtype=p.dtype), axis=1)
            frac, mean_p = tf.reduce_mean(used, axis=0), tf.reduce_mean(p, axis=0)
            total += tf.reduce_mean(frac * mean_p) * experts**2
        return total / len(gates)

    def candidate(batch):
        def load_balancing_loss(gate_logits):
            top_logits, selected_experts = tf.math.top_k(gate_logits, k)
            routing_weights = tf.nn.softmax(top_logits, axis=-1)
            expert_mask = tf.one_hot(selected_experts, experts, dtype=gate_logits.dtype)
            expert_mask = tf.reduce_max(expert_mask, axis=-2)
            tokens_per_expert = tf.reduce_mean(expert_mask, axis=0)
            router_prob = tf.reduce_mean(routing_weights, axis=-1, keepdims=True)
            spread = tokens_per_expert * router_prob
            return tf.reduce_mean(spread) * experts**2

        losses = []
        for layer in range(len(gates)):
            logits = tf.reshape(tf.matmul(batch["hidden"][layer], gates[layer]), (b * t, experts))
            losses.append(load_balancing_loss(logits))
        return tf.reduce_mean(tf.stack(losses))

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(2, b, t, d)).astype(fx)}, "variables": gates}
