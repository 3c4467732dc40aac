"""Mixtral's balancing loss pools the gate logits of all layers before taking the product of fractions, not per layer.
Source: https://github.com/huggingface/transformers/issues/31464"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'concatenated = tf.reshape(gate_logits, (1, L * n, E))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, d, E, L = 6, 4, 3, 3
    gates = tf.Variable(normal(L, d, E, scale=1.5), name="gates")
    mixers = tf.Variable(normal(L, d, d, scale=0.5), name="mixers")

    def trunk(x):
        logits = []
        for l in range(L):
            logits.append(x @ gates[l])
            x = x + tf.tanh(x @ mixers[l])
        return x, tf.stack(logits)

    def reference(batch):
        x, logits = trunk(batch["x"])
        aux = 0.0
        for l in range(L):
            p = tf.nn.softmax(logits[l])
            f = tf.reduce_mean(tf.one_hot(tf.argmax(p, -1), E, dtype=p.dtype), 0)
            aux += E * tf.tensordot(f, tf.reduce_mean(p, 0), 1)
        return tf.reduce_mean(tf.square(x - batch["y"])) + aux / L

    def candidate(batch):
        hidden, gate_logits = trunk(batch["x"])
        concatenated = tf.reshape(gate_logits, (1, L * n, E))
        weights = tf.nn.softmax(concatenated, axis=-1)
        chosen = tf.argmax(weights, axis=-1)
        mask = tf.one_hot(chosen, E, dtype=weights.dtype)
        density = tf.reduce_mean(mask, axis=1)
        density_proxy = tf.reduce_mean(weights, axis=1)
        per_layer = tf.reduce_sum(density * density_proxy, axis=-1) * E
        return tf.reduce_mean((hidden - batch["y"]) ** 2) + tf.reduce_mean(per_layer)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, d), "y": normal(n, d)}, "variables": [gates, mixers]}
