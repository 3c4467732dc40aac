"""Weighted sum of the hidden states of a self-supervised encoder that shall be fine-tuned (freeze=False).
The stack of the hidden states is detached, so only the weights and the head learn.
Source: https://github.com/speechbrain/speechbrain/issues/2759"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "hidden_states = tf.stop_gradient(tf.stack(feats, axis=0))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, layers = 13, 4, 5, 3
    wav = rng.normal(size=(n, t, d)).astype(f)
    y = rng.normal(size=(n,)).astype(f)
    enc = [tf.Variable((0.7 * rng.normal(size=(d, d))).astype(f), name=f"enc{i}") for i in range(layers)]
    weights = tf.Variable((0.5 * rng.normal(size=(layers,))).astype(f), name="weights")
    head = tf.Variable(rng.normal(size=(d, 1)).astype(f), name="head")

    def reference(batch):
        h, mixed = batch["wav"], 0.0
        share = tf.exp(weights) / tf.reduce_sum(tf.exp(weights))
        for i, kernel in enumerate(enc):
            h = tf.nn.gelu(h @ kernel) + h
            mixed += share[i] * h
        pred = tf.reduce_mean(mixed @ head, axis=[1, 2])
        return tf.reduce_mean((pred - batch["y"]) ** 2)

    def candidate(batch):
        class WeightedSSLModel:
            def __init__(self, freeze=False):
                self.freeze = freeze

            def model(self, z):
                hidden = []
                for kernel in enc:
                    z = z + keras.ops.gelu(tf.matmul(z, kernel), approximate=False)
                    hidden.append(z)
                return hidden

            def __call__(self, z):
                feats = self.model(z)
                hidden_states = tf.stop_gradient(tf.stack(feats, axis=0))
                norm_weights = tf.nn.softmax(weights)
                return tf.tensordot(norm_weights, hidden_states, axes=[[0], [0]])

        out = WeightedSSLModel(freeze=False)(batch["wav"])
        pred = tf.squeeze(tf.matmul(tf.reduce_mean(out, axis=1), head), -1)
        return keras.losses.MeanSquaredError()(batch["y"], pred)

    return {"reference": reference, "candidate": candidate, "batch": {"wav": wav, "y": y},
            "variables": enc + [weights, head]}
