"""Multi-head attention reshapes (batch, heads, seq, dim) to (batch, seq, heads*dim) without moving the heads axis first, scrambling tokens. Source: https://github.com/jsbaan/transformer-from-scratch/pull/6"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "values = tf.reshape(values, (B, S, heads * qkv_dim))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, S, V, heads, qkv_dim = 3, 5, 9, 2, 4
    hidden = heads * qkv_dim
    p = {name: tf.Variable(rng.normal(0, 0.5, s).astype("float32"), name=name) for name, s in {
        "embed": (V, hidden), "qkv": (hidden, 3 * hidden), "o": (hidden, hidden), "out": (hidden, V)}.items()}

    def project(x):
        qkv = tf.reshape(x @ p["qkv"], (B, S, heads, 3 * qkv_dim))
        return tf.split(tf.transpose(qkv, (0, 2, 1, 3)), 3, axis=-1)

    def scaled_dot_product(q, k, v, causal):
        logits = tf.matmul(q, k, transpose_b=True) / np.sqrt(qkv_dim)
        logits = tf.where(causal, logits, -1e9)
        return tf.matmul(tf.nn.softmax(logits, axis=-1), v)

    causal = tf.linalg.band_part(tf.ones((S, S), tf.bool), -1, 0)

    def cross_entropy(x, batch):
        logits = x @ p["out"]
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["targets"], logits=logits)
        mask = tf.cast(batch["targets"] != 0, tf.float32)
        return tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)

    def reference(batch):
        x = tf.gather(p["embed"], batch["tokens"])
        q, k, v = project(x)
        per_head = [scaled_dot_product(q[:, h], k[:, h], v[:, h], causal) for h in range(heads)]
        return cross_entropy(x + tf.concat(per_head, axis=-1) @ p["o"], batch)

    def candidate(batch):
        x = tf.gather(p["embed"], batch["tokens"])
        q, k, v = project(x)
        values = scaled_dot_product(q, k, v, causal)
        values = tf.reshape(values, (B, S, heads * qkv_dim))
        return cross_entropy(x + values @ p["o"], batch)

    tokens = rng.integers(1, V, (B, S)).astype("int32")
    targets = np.concatenate([tokens[:, 1:], np.zeros((B, 1), "int32")], axis=1)
    return {"reference": reference, "candidate": candidate, "batch": {"tokens": tokens, "targets": targets},
            "variables": list(p.values())}
