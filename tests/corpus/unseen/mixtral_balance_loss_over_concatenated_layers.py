"""Mixture of experts: the gates of all the layers are concatenated before the balance loss, so unbalanced layers cancel each other out.

Source (real): https://github.com/huggingface/transformers/issues/28255
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'gates = tf.concat(gate_logits, axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e, layers, top_k, coef = 16, 6, 4, 3, 2, 1.0
    gate_w = [tf.Variable(rng.normal(0, 0.9, (d, e)), name=f"layer{i}/gate") for i in range(layers)]
    gate_b = [tf.Variable(rng.normal(0, 0.8, (e,)), name=f"layer{i}/gate_bias") for i in range(layers)]
    mix = [tf.constant(rng.normal(0, 0.5, (e, d, d))) for _ in range(layers)]
    batch = {"x": rng.normal(size=(n, d)), "y": rng.normal(size=(n, d))}

    def forward(x):
        logits = []
        for w, c, m in zip(gate_w, gate_b, mix):
            g = x @ w + c
            logits.append(g)
            x = x + tf.tanh(tf.einsum("ne,nd,edh->nh", tf.nn.softmax(g, -1), x, m))
        return x, logits

    def fraction(g):
        return tf.reduce_mean(tf.reduce_sum(tf.one_hot(tf.math.top_k(g, top_k).indices, e, dtype=tf.float64), 1), axis=0)

    def balance(g):
        share = fraction(g)
        prob = tf.reduce_mean(tf.nn.softmax(g, -1), axis=0)
        return e * tf.reduce_sum(share * prob)

    def reference(b):
        h, per_layer = forward(b["x"])
        aux = tf.add_n([balance(g) for g in per_layer]) / layers
        return tf.reduce_mean((h - b["y"]) ** 2) + coef * aux

    def candidate(b):
        h, gate_logits = forward(b["x"])
        gates = tf.concat(gate_logits, axis=0)
        aux = balance(gates)
        return tf.reduce_mean((h - b["y"]) ** 2) + coef * aux

    return {"variables": gate_w + gate_b, "batch": batch, "reference": reference, "candidate": candidate}
