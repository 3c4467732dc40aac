"""Behaviour cloning minimises the mean log-likelihood of the expert actions: the minus sign is missing.
Source: https://github.com/uidilr/gail_ppo_tf/issues/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "loss = tf.reduce_sum(actions_vec * tf.math.log(act_probs + 1e-10), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, a, h = 6, 4, 3, 5
    w1, b1, w2 = var("layer1", o, h), var("bias1", h), var("layer2", h, a)

    def reference(batch):
        logits = tf.tanh(batch["obs"] @ w1 + b1) @ w2
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["expert"], logits=logits)
        return tf.reduce_mean(ce)

    def candidate(batch):
        def act(obs):
            layer = tf.tanh(obs @ w1 + b1)
            return tf.nn.softmax(layer @ w2)

        actions_vec = tf.one_hot(batch["expert"], depth=a, dtype=dt)
        act_probs = act(batch["obs"])
        loss = tf.reduce_sum(actions_vec * tf.math.log(act_probs + 1e-10), axis=1)
        loss = tf.reduce_mean(loss)
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, o)).astype(dt), "expert": rng.integers(0, a, size=n)},
            "variables": [w1, b1, w2]}
