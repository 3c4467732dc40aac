"""Mixtral-style auxiliary loss: the expert fractions sum to top_k instead of one.
Source: https://github.com/huggingface/transformers/pull/43775"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'tokens_per_expert = tf.reduce_mean(tf.reduce_sum(expert_mask, axis=1), axis=0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, d, E, k = 8, 5, 4, 2
    gate = tf.Variable(normal(d, E), name="gate")
    experts = tf.Variable(normal(E, d, 1, scale=0.4), name="experts")
    coef = 0.5

    def moe(x, probs):
        top, idx = tf.math.top_k(probs, k)
        top = top / tf.reduce_sum(top, -1, keepdims=True)
        ys = tf.einsum("nd,edo->neo", x, experts)[..., 0]
        return tf.reduce_sum(top * tf.gather(ys, idx, batch_dims=1), -1), idx

    def reference(batch):
        probs = tf.nn.softmax(batch["x"] @ gate)
        y, idx = moe(batch["x"], probs)
        counts = tf.math.bincount(tf.cast(tf.reshape(idx, [-1]), tf.int32), minlength=E, dtype=probs.dtype)
        f = counts / (n * k)
        aux = E * tf.reduce_sum(f * tf.reduce_mean(probs, axis=0))
        return tf.reduce_mean(tf.square(y - batch["y"])) + coef * aux

    def candidate(batch):
        router_logits = batch["x"] @ gate
        routing_weights = tf.nn.softmax(router_logits, axis=-1)
        out, selected = moe(batch["x"], routing_weights)
        expert_mask = tf.one_hot(selected, E, dtype=routing_weights.dtype)
        tokens_per_expert = tf.reduce_mean(tf.reduce_sum(expert_mask, axis=1), axis=0)
        router_prob_per_expert = tf.reduce_mean(routing_weights, axis=0)
        overall_loss = tf.reduce_sum(tokens_per_expert * router_prob_per_expert)
        lm_loss = tf.reduce_mean((out - batch["y"]) ** 2)
        return lm_loss + coef * overall_loss * E

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, d), "y": normal(n)}, "variables": [gate, experts]}
