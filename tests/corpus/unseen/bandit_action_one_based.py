"""Vowpal Wabbit's cb_explore: the logged action counts from 1, the position in the policy's distribution from 0; the loss
of the inverse-propensity estimate takes the probability of the neighbouring action.
Source: https://github.com/VowpalWabbit/vowpal_wabbit/pull/1825"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "played = tf.one_hot(label_action, NUM_ACTIONS, dtype=f)",
    "same_forward_value": False,
}

NUM_ACTIONS = 4


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 26, 7
    epsilon = 0.1
    scorer = keras.layers.Dense(NUM_ACTIONS, name="scorer", dtype=f)
    scorer.build((None, d))

    def reference(batch):
        """average loss = mean of cost / p_logged * pi(logged action), the label's action being 1-based"""
        pi = (1 - epsilon) * tf.nn.softmax(scorer(batch["context"])) + epsilon / NUM_ACTIONS
        terms = []
        for i in range(n):
            a = batch["action"][i] - 1
            terms.append(batch["cost"][i] / batch["prob"][i] * pi[i, a])
        return tf.add_n(terms) / n

    def candidate(batch):
        scores = scorer(batch["context"])
        exps = tf.exp(scores - tf.reduce_max(scores, axis=1, keepdims=True))
        pdf = exps / tf.reduce_sum(exps, axis=1, keepdims=True)
        uniform = tf.fill([n, NUM_ACTIONS], tf.cast(1.0 / NUM_ACTIONS, f))
        pdf = (1.0 - epsilon) * pdf + epsilon * uniform
        label_action = batch["action"]
        played = tf.one_hot(label_action, NUM_ACTIONS, dtype=f)
        policy_prob = tf.reduce_sum(played * pdf, axis=1)
        importance = policy_prob / batch["prob"]
        return tf.reduce_mean(importance * batch["cost"])

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"context": rng.normal(size=(n, d)).astype(f),
                  "action": rng.integers(1, NUM_ACTIONS + 1, size=n).astype("int32"),
                  "cost": rng.uniform(0.1, 1.0, size=n).astype(f), "prob": rng.uniform(0.15, 0.6, size=n).astype(f)},
        "variables": scorer.trainable_variables,
    }
