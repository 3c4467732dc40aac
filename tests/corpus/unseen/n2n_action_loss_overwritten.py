"""action.reinforce(R - b) was replaced by a loop that assigns the loss of each action to the same name; only the last action is trained.
Source: https://github.com/anubhavashok/N2N/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'actionloss = -m.log_prob(action) * (b["avgR"] - baseline)',
    "same_forward_value": False,
}


class Bernoulli:
    def __init__(self, logits):
        self.logits = logits

    def log_prob(self, x):
        return tf.reduce_sum(x * self.logits - tf.nn.softplus(self.logits), axis=-1)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    rollouts, layers, feat = 12, 5, 4
    controller = keras.Sequential([keras.Input((layers, feat)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(3)])
    baseline = 0.35
    batch = {
        "layer_desc": rng.standard_normal((rollouts, layers, feat)).astype(f),
        "actions": rng.integers(0, 2, (rollouts, layers, 3)).astype(f),
        "avgR": rng.uniform(0, 1, rollouts).astype(f),
    }

    def reference(b):
        logits = controller(b["layer_desc"])
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["actions"], logits=logits)
        per_rollout = tf.reduce_sum(ce, axis=[1, 2]) * (b["avgR"] - baseline)
        return tf.reduce_mean(per_rollout)

    def candidate(b):
        out = controller(b["layer_desc"])
        dists = [Bernoulli(out[:, k]) for k in range(layers)]
        actions = tf.unstack(b["actions"], axis=1)
        actionloss = 0.0
        for m, action in zip(dists, actions):
            actionloss = -m.log_prob(action) * (b["avgR"] - baseline)
        return tf.reduce_mean(actionloss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": controller.trainable_variables}
