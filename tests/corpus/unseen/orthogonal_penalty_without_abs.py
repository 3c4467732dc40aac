"""The orthogonality penalty sums the entries of W'W - I with their signs; it should sum their absolute values.

Source (real): https://github.com/kevinzakka/pytorch-goodies/issues/7
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'penalty += reg * tf.reduce_sum(sym)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, c = 12, 6, 5, 3
    layers = [tf.keras.layers.Dense(h, activation="relu"), tf.keras.layers.Dense(h, activation="relu"), tf.keras.layers.Dense(c)]
    for layer, width in zip(layers, (d, h, h)):
        layer.build((None, width))
        layer.kernel.assign((0.6 * rng.normal(size=layer.kernel.shape)).astype(np.float32))
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "y": rng.integers(0, c, size=n).astype(np.int32),
        "weight": rng.uniform(0.5, 2.0, size=n).astype(np.float32),
    }
    reg = 1e-2

    def weighted_ce(b):
        out = b["x"]
        for layer in layers:
            out = layer(out)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=out)
        return tf.reduce_sum(ce * b["weight"]) / tf.reduce_sum(b["weight"])

    def reference(b):
        total = weighted_ce(b)
        for layer in layers:
            for i in range(layer.units):
                for j in range(layer.units):
                    inner = tf.reduce_sum(layer.kernel[:, i] * layer.kernel[:, j])
                    total += reg * tf.abs(inner - (1.0 if i == j else 0.0))
        return total

    def candidate(b):
        penalty = 0.0
        for layer in layers:
            flat = tf.transpose(tf.reshape(layer.kernel, [-1, layer.units]))
            sym = tf.matmul(flat, flat, transpose_b=True)
            sym -= tf.eye(layer.units)
            penalty += reg * tf.reduce_sum(sym)
        return weighted_ce(b) + penalty

    return {"variables": [layer.kernel for layer in layers], "batch": batch, "reference": reference, "candidate": candidate}
