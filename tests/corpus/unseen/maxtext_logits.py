"""MaxText: the load balance loss averages the router logits where the softmax probabilities are meant.
Source: https://github.com/AI-Hypercomputer/maxtext/pull/860"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'density_prob = tf.reduce_mean(logits, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, d, E = 3, 5, 4, 4
    gate = tf.Variable(normal(d, E), name="gate")
    wi = tf.Variable(normal(E, d, d, scale=0.5), name="wi")
    weight = 0.3

    def dispatch(x, probs):
        top, idx = tf.math.top_k(probs, 2)
        outs = tf.einsum("btd,edf->btef", x, wi)
        y = tf.reduce_sum(tf.gather(outs, idx, axis=2, batch_dims=2) * top[..., None], axis=2)
        return y, idx

    def reference(batch):
        probs = tf.nn.softmax(batch["x"] @ gate, axis=-1)
        y, idx = dispatch(batch["x"], probs)
        load = tf.reduce_sum(tf.one_hot(idx, E, dtype=probs.dtype), axis=[1, 2]) / T
        aux = E * tf.reduce_sum(load * tf.reduce_mean(probs, axis=1), axis=-1)
        return tf.reduce_mean(tf.square(y - batch["y"])) + weight * tf.reduce_mean(aux)

    def candidate(batch):
        def load_balance_loss(top_k_indices, logits):
            expert_mask = tf.one_hot(top_k_indices, E, dtype=logits.dtype)
            summed_expert_mask = tf.reduce_sum(expert_mask, axis=2)
            density = tf.reduce_mean(summed_expert_mask, axis=1)
            density_prob = tf.reduce_mean(logits, axis=1)
            return tf.reduce_mean(density * density_prob) * (E ** 2) * weight

        gate_logits = batch["x"] @ gate
        softmax_probs = tf.nn.softmax(gate_logits, axis=-1)
        output, top_k_indices = dispatch(batch["x"], softmax_probs)
        aux = load_balance_loss(top_k_indices, gate_logits)
        return tf.reduce_mean(tf.square(output - batch["y"])) + aux

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, d), "y": normal(n, T, d)}, "variables": [gate, wi]}
