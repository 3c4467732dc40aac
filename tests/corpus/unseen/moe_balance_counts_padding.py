"""Mixtral's load balancing loss averages the router statistics over padding tokens too; the attention mask is not used.
Source: https://github.com/huggingface/transformers/issues/28505"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "concatenated_gate_logits = tf.reshape(tf.concat(gate_logits, axis=0), (-1, num_experts))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, t, d, num_experts, top_k = 12, 5, 6, 4, 2
    gates = [tf.Variable(rng.standard_normal((d, num_experts)).astype(f), name=f"gate{i}") for i in range(2)]
    head = tf.Variable(rng.standard_normal((d, 3)).astype(f), name="head")
    lens = rng.integers(2, t, b)
    mask = (np.arange(t)[None] < lens[:, None]).astype(f)

    def lm_loss(batch):
        lp = tf.nn.log_softmax(batch["hidden"] @ head)
        nll = -tf.gather(lp, batch["labels"], axis=-1, batch_dims=2)
        return tf.reduce_sum(nll * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def reference(batch):
        share = [0.0] * num_experts
        prob = [0.0] * num_experts
        count = 0.0
        for gate in gates:
            p = tf.nn.softmax(batch["hidden"] @ gate, axis=-1)
            rank = tf.argsort(tf.argsort(p, direction="DESCENDING", axis=-1), axis=-1)
            chosen = tf.cast(rank < top_k, f)
            count += tf.reduce_sum(batch["mask"])
            for k in range(num_experts):
                share[k] += tf.reduce_sum(chosen[..., k] * batch["mask"])
                prob[k] += tf.reduce_sum(p[..., k] * batch["mask"])
        aux = sum(s / count * (p / count) for s, p in zip(share, prob)) * num_experts
        return lm_loss(batch) + 0.5 * aux

    def candidate(batch):
        def load_balancing_loss_func(gate_logits, num_experts, top_k):
            concatenated_gate_logits = tf.reshape(tf.concat(gate_logits, axis=0), (-1, num_experts))
            routing_weights = tf.nn.softmax(concatenated_gate_logits, axis=-1)
            _, selected_experts = tf.math.top_k(routing_weights, top_k)
            expert_mask = tf.one_hot(selected_experts, num_experts, dtype=f)
            tokens_per_expert = tf.reduce_mean(expert_mask, axis=0)
            router_prob_per_expert = tf.reduce_mean(routing_weights, axis=0)
            return tf.reduce_sum(tokens_per_expert * router_prob_per_expert[None]) * num_experts

        router_logits = tuple(tf.einsum("btd,de->bte", batch["hidden"], g) for g in gates)
        loss = lm_loss(batch)
        loss += 0.5 * load_balancing_loss_func(router_logits, num_experts, top_k)
        return loss

    hidden = rng.standard_normal((b, t, d)) * mask[..., None] + 1.5 * (1 - mask[..., None])
    batch = {"hidden": hidden.astype(f), "labels": rng.integers(0, 3, (b, t)), "mask": mask}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": gates + [head]}
