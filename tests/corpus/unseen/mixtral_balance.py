"""Mixtral auxiliary loss: the router probabilities are averaged over the experts, so the balancing loss is a constant.
Source: https://github.com/huggingface/transformers/issues/28093"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "router_prob = tf.reduce_mean(routing_weights, axis=-1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    N, d, num_experts, top_k, layers, coef = 8, 5, 4, 2, 2, 0.5
    gates = [tf.Variable(rng.standard_normal((d, num_experts)) * 0.7, dtype=fx, name=f"gate{i}") for i in range(layers)]
    experts = tf.Variable(rng.standard_normal((num_experts, d, d)) * 0.5, dtype=fx, name="experts")

    def block(x, gate):
        logits = x @ gate
        p = tf.nn.softmax(logits)
        val, idx = tf.math.top_k(p, top_k)
        val = val / tf.reduce_sum(val, -1, keepdims=True)
        mix = tf.reduce_sum(tf.one_hot(idx, num_experts, dtype=x.dtype) * val[..., None], axis=1)
        y = tf.einsum("nd,edf->nef", x, experts)
        return x + tf.einsum("ne,nef->nf", mix, tf.nn.silu(y)), logits

    def forward(batch):
        x, gate_logits = batch["x"], []
        for gate in gates:
            x, lg = block(x, gate)
            gate_logits.append(lg)
        return tf.reduce_mean(tf.square(x - batch["y"])), gate_logits

    def reference(batch):
        task, logits = forward(batch)
        p = tf.nn.softmax(tf.concat(logits, axis=0))
        _, idx = tf.math.top_k(p, top_k)
        aux = 0.0
        for e in range(num_experts):
            chosen = tf.reduce_any(tf.equal(idx, e), axis=1)
            f_e = tf.reduce_mean(tf.cast(chosen, p.dtype))
            aux += f_e * tf.reduce_mean(p[:, e])
        return task + coef * num_experts * aux

    def candidate(batch):
        def load_balancing_loss_func(gate_logits):
            concatenated = tf.concat(gate_logits, axis=0)
            routing_weights = tf.nn.softmax(concatenated, axis=-1)
            _, selected_experts = tf.math.top_k(routing_weights, top_k)
            expert_mask = tf.one_hot(selected_experts, num_experts, dtype=concatenated.dtype)
            expert_mask = tf.reduce_max(expert_mask, axis=-2)
            tokens_per_group = tf.reduce_mean(expert_mask, axis=0, keepdims=True)
            router_prob = tf.reduce_mean(routing_weights, axis=-1, keepdims=True)
            return tf.reduce_mean(tokens_per_group * router_prob) * num_experts ** 2

        loss, gate_logits = forward(batch)
        return loss + coef * load_balancing_loss_func(gate_logits)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (0.5 + rng.standard_normal((N, d))).astype(fx), "y": rng.standard_normal((N, d)).astype(fx)},
            "variables": [*gates, experts]}
