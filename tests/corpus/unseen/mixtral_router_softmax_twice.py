"""Mixture of experts: the router overwrites its logits by their softmax, and the load-balancing loss applies the softmax once more.

Source (real): https://github.com/huggingface/transformers/issues/45120 (MixtralTopKRouter and others, PyTorch, ported).
Right answer: NOT equivalent; softmax(softmax(logits)) is nearly uniform, so the balancing term hardly has a gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "router_logits = tf.nn.softmax(router_logits, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seq, d, num_experts, top_k = 16, 3, 5, 6, 2
    router_aux_loss_coef = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    gate = tf.Variable(0.8 * arr(d, num_experts), name="gate_weight")
    experts = tf.Variable(0.5 * arr(num_experts, d, d), name="experts")
    batch = {"hidden": arr(n, seq, d), "y": arr(n, seq, d)}

    def reference(b):
        tokens, goals = tf.reshape(b["hidden"], [-1, d]), tf.reshape(b["y"], [-1, d])
        p = tf.nn.softmax(tokens @ gate)
        kept = tf.stack([tf.reduce_sum(tf.cast(p > p[:, e : e + 1], p.dtype), -1) < top_k for e in range(num_experts)], -1)
        kept = tf.cast(kept, p.dtype)
        mix = kept * p / tf.reduce_sum(kept * p, -1, keepdims=True)
        out, balance = 0.0, 0.0
        for e in range(num_experts):
            out += mix[:, e : e + 1] * (tokens @ experts[e])
            balance += tf.reduce_mean(kept[:, e]) * tf.reduce_mean(p[:, e])
        return tf.reduce_mean(tf.square(out - goals)) + router_aux_loss_coef * num_experts * balance

    def candidate(b):
        class TopKRouter:
            def __call__(self, hidden_states):
                router_logits = hidden_states @ gate
                router_logits = tf.nn.softmax(router_logits, axis=-1)
                router_top_value, router_indices = tf.math.top_k(router_logits, k=top_k)
                router_top_value /= tf.reduce_sum(router_top_value, axis=-1, keepdims=True)
                return router_logits, router_top_value, router_indices

        def load_balancing_loss_func(gate_logits, selected_experts):
            routing_weights = tf.nn.softmax(gate_logits, axis=-1)
            expert_mask = tf.one_hot(selected_experts, num_experts, dtype=gate_logits.dtype)
            tokens_per_expert = tf.reduce_mean(expert_mask, axis=0)
            router_prob_per_expert = tf.reduce_mean(routing_weights, axis=0)
            return tf.reduce_sum(tokens_per_expert * router_prob_per_expert[None]) * num_experts

        hidden_states = tf.reshape(b["hidden"], [-1, d])
        router_out, top_value, indices = TopKRouter()(hidden_states)
        per_expert = tf.einsum("td,kde->tke", hidden_states, experts)
        chosen = tf.gather(per_expert, indices, batch_dims=1)
        out = tf.reduce_sum(top_value[..., None] * chosen, axis=1)
        loss = tf.reduce_mean(tf.square(out - tf.reshape(b["y"], [-1, d])))
        return loss + router_aux_loss_coef * load_balancing_loss_func(router_out, indices)

    return {"variables": [gate, experts], "batch": batch, "reference": reference, "candidate": candidate}
