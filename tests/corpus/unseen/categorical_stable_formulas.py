"""A pull request called logp, entropy and KL of RLlib's Categorical incorrect because of their unusual form; they are the stable forms of the usual ones.
Source: https://github.com/ray-project/ray/pull/27527"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 15, 5, 4
    model = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(7, activation="tanh"), keras.layers.Dense(acts)])
    batch = {
        "obs": rng.standard_normal((n, obs)).astype(f),
        "prev_logits": rng.standard_normal((n, acts)).astype(f),
        "actions": rng.integers(0, acts, n),
        "adv": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        p = tf.nn.softmax(model(b["obs"]))
        q = tf.nn.softmax(b["prev_logits"])
        logp = tf.math.log(tf.reduce_sum(p * tf.one_hot(b["actions"], acts, dtype=f), axis=1))
        old = tf.math.log(tf.reduce_sum(q * tf.one_hot(b["actions"], acts, dtype=f), axis=1))
        entropy = -tf.reduce_sum(p * tf.math.log(p), axis=1)
        kl = tf.reduce_sum(q * tf.math.log(q / p), axis=1)
        return tf.reduce_mean(0.2 * kl - 0.01 * entropy - b["adv"] * tf.exp(logp - old))

    def candidate(b):
        class Categorical:
            def __init__(self, inputs):
                self.inputs = inputs

            def _shifted(self):
                a0 = self.inputs - tf.reduce_max(self.inputs, axis=1, keepdims=True)
                ea0 = tf.exp(a0)
                return a0, ea0, tf.reduce_sum(ea0, axis=1, keepdims=True)

            def logp(self, x):
                return -tf.nn.sparse_softmax_cross_entropy_with_logits(logits=self.inputs, labels=tf.cast(x, tf.int32))

            def entropy(self):
                a0, ea0, z0 = self._shifted()
                p0 = ea0 / z0
                return tf.reduce_sum(p0 * (tf.math.log(z0) - a0), axis=1)

            def kl(self, other):
                a0, ea0, z0 = self._shifted()
                a1, ea1, z1 = other._shifted()
                p0 = ea0 / z0
                return tf.reduce_sum(p0 * (a0 - tf.math.log(z0) - a1 + tf.math.log(z1)), axis=1)

        curr, prev = Categorical(model(b["obs"])), Categorical(b["prev_logits"])
        ratio = tf.exp(curr.logp(b["actions"]) - prev.logp(b["actions"]))
        return tf.reduce_mean(-ratio * b["adv"] + 0.2 * prev.kl(curr) - 0.01 * curr.entropy())

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
