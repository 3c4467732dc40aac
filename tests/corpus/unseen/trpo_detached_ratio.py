"""TRPO surrogate is called with log_probs and log_probs.detach(); suspected to be a constant, explained as right.
Source: https://github.com/ajlangley/trpo-pytorch/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, A = 7, 4, 3
    w1 = tf.Variable(rng.normal(size=(d, 5)).astype(fx), name="hidden_w")
    w2 = tf.Variable(rng.normal(size=(5, A)).astype(fx), name="out_w")

    def reference(batch):
        p = tf.nn.softmax(tf.tanh(batch["states"] @ w1) @ w2)
        frozen = tf.constant(p.numpy())
        terms = []
        for i in range(B):
            a = int(batch["actions"][i])
            terms.append(p[i, a] / frozen[i, a] * batch["advantages"][i])
        return tf.add_n(terms) / B

    def candidate(batch):
        def surrogate_loss(log_action_probs, imp_sample_probs, advantages):
            return tf.reduce_mean(tf.exp(log_action_probs - imp_sample_probs) * advantages)

        logits = tf.matmul(tf.tanh(tf.matmul(batch["states"], w1)), w2)
        log_action_probs = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=logits)
        return surrogate_loss(log_action_probs, tf.stop_gradient(log_action_probs), batch["advantages"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(B, d)).astype(fx), "actions": rng.integers(0, A, B),
                      "advantages": rng.normal(size=B).astype(fx)},
            "variables": [w1, w2]}
