"""tf2rl's CategoricalActor hands the output of a softmax layer to a categorical distribution that expects
logits, so log-probabilities and entropy belong to a much flatter policy.
Source: https://github.com/keiohta/tf2rl/issues/140"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "dist = Categorical(logits=self.out(states))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, hid, acts = 18, 5, 7, 4
    w1 = keras.Variable((0.6 * rng.standard_normal((obs, hid))).astype(f), name="w1")
    w2 = keras.Variable((0.6 * rng.standard_normal((hid, acts))).astype(f), name="w2")
    b2 = keras.Variable((0.1 * rng.standard_normal(acts)).astype(f), name="b2")
    batch = {
        "states": rng.standard_normal((n, obs)).astype(f),
        "actions": rng.integers(0, acts, n).astype("int32"),
        "adv": rng.standard_normal(n).astype(f),
    }

    def reference(batch):
        scores = tf.tanh(batch["states"] @ w1) @ w2 + b2
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=scores)
        p = tf.nn.softmax(scores)
        neg_entropy = tf.reduce_sum(p * tf.nn.log_softmax(scores), axis=1)
        return tf.reduce_mean(nll * batch["adv"] + 0.05 * neg_entropy)

    def candidate(batch):
        class Categorical:
            def __init__(self, logits):
                self.logits = logits - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)

            def log_prob(self, a):
                return tf.gather(self.logits, a, axis=1, batch_dims=1)

            def entropy(self):
                return -tf.reduce_sum(tf.exp(self.logits) * self.logits, axis=-1)

        class CategoricalActor:
            def out(self, states):
                features = tf.tanh(tf.matmul(states, w1))
                return tf.nn.softmax(tf.matmul(features, w2) + b2)

            def compute(self, states, actions):
                dist = Categorical(logits=self.out(states))
                return dist.log_prob(actions), dist.entropy()

        log_pi, ent = CategoricalActor().compute(batch["states"], batch["actions"])
        actor_loss = -tf.reduce_mean(log_pi * batch["adv"])
        return actor_loss - 0.05 * tf.reduce_mean(ent)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2, b2]}
