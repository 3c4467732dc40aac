"""The load-balancing loss is computed once on the router logits of all layers put together, so imbalances of different layers cancel; it belongs to each layer.

Source (real): https://github.com/huggingface/transformers/issues/28255
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'all_logits = tf.concat(gate_logits, axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, experts, layers, top_k = 16, 6, 4, 3, 2
    routers = [tf.Variable((0.8 * rng.normal(size=(d, experts))).astype(np.float32), name=f"router{i}") for i in range(layers)]
    mixers = [tf.Variable((0.5 * rng.normal(size=(d, d))).astype(np.float32), name=f"mixer{i}") for i in range(layers)]
    batch = {
        "tokens": rng.normal(size=(n, d)).astype(np.float32),
        "target": rng.normal(size=(n, d)).astype(np.float32),
    }
    coef = 0.5

    def forward(tokens):
        x, gate_logits = tokens, []
        for router, mixer in zip(routers, mixers):
            logits = x @ router
            gate_logits.append(logits)
            scale = tf.reduce_max(tf.nn.softmax(logits, -1), -1, keepdims=True)
            x = x + scale * tf.tanh(x @ mixer)
        return x, gate_logits

    def load_balancing(logits):
        probs = tf.nn.softmax(logits, axis=-1)
        _, chosen = tf.math.top_k(probs, k=top_k)
        expert_mask = tf.one_hot(chosen, experts)                       # tokens, k, experts
        tokens_per_expert = tf.reduce_mean(expert_mask, axis=0)         # k, experts
        router_prob = tf.reduce_mean(probs, axis=0)
        return experts * tf.reduce_sum(tokens_per_expert * router_prob[None])

    def reference(b):
        x, gate_logits = forward(b["tokens"])
        task = tf.reduce_mean(tf.square(x - b["target"]))
        aux = tf.add_n([load_balancing(g) for g in gate_logits]) / layers
        return task + coef * aux

    def candidate(b):
        x, gate_logits = forward(b["tokens"])
        task = tf.reduce_mean(tf.square(x - b["target"]))
        all_logits = tf.concat(gate_logits, axis=0)
        aux = load_balancing(all_logits)
        return task + coef * aux

    return {"variables": routers + mixers, "batch": batch, "reference": reference, "candidate": candidate}
