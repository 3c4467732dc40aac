"""tfp.distributions.Categorical takes logits first; the softmax output was handed over positionally and is softmaxed a second time.
Source: https://github.com/ekapolc/RL_course_2019/pull/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'dist = Categorical(prob)',
    "same_forward_value": False,
}


class Categorical:
    def __init__(self, logits=None, probs=None):
        self.logits = tf.math.log(probs) if logits is None else logits

    def log_prob(self, a):
        return tf.gather(self.logits, a, batch_dims=1) - tf.reduce_logsumexp(self.logits, axis=-1)

    def entropy(self):
        p = tf.nn.softmax(self.logits)
        return -tf.reduce_sum(p * tf.nn.log_softmax(self.logits), axis=-1)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, beta = 16, 4, 3, 0.02
    actor = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(9, activation="relu"), keras.layers.Dense(acts, activation="softmax")])
    batch = {
        "state": rng.standard_normal((n, obs)).astype(f),
        "action": rng.integers(0, acts, n),
        "advantage": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        p = actor(b["state"])
        taken = tf.reduce_sum(p * tf.one_hot(b["action"], acts, dtype=f), axis=1)
        plogp = tf.reduce_sum(p * tf.math.log(p), axis=1)
        return tf.reduce_mean(beta * plogp - tf.math.log(taken) * b["advantage"])

    def candidate(b):
        prob = actor(b["state"])
        dist = Categorical(prob)
        log_prob = dist.log_prob(b["action"])
        policy_loss = -log_prob * b["advantage"]
        return tf.reduce_mean(policy_loss) - beta * tf.reduce_mean(dist.entropy())

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables}
