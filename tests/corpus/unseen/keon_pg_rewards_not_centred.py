"""Policy gradient for Pong: the discounted rewards are to be standardised, but the mean is subtracted only inside the standard
deviation, so the rewards stay uncentred.
Source: https://github.com/keon/policy-gradient/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "rewards = rewards / tf.math.reduce_std(rewards - tf.reduce_mean(rewards))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, gamma = 24, 7, 3, 0.99
    model = keras.Sequential([keras.layers.Dense(8, activation="relu", name="m_h"), keras.layers.Dense(acts, name="m_o")])
    model.build((None, obs))

    def reference(batch):
        r = batch["rewards"]
        # a point was scored where the reward is not zero: returns do not cross it
        rally = tf.cumsum(tf.cast(r != 0, tf.int32), exclusive=True)
        lag = tf.constant(np.arange(n)[None, :] - np.arange(n)[:, None])
        same = tf.logical_and(rally[:, None] == rally[None, :], lag >= 0)
        power = tf.constant((gamma ** np.maximum(np.arange(n)[None, :] - np.arange(n)[:, None], 0)).astype(f))
        g = tf.linalg.matvec(tf.where(same, power, tf.zeros_like(power)), r)
        mean, var = tf.nn.moments(g, axes=[0])
        score = (g - mean) / tf.sqrt(var)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=model(batch["states"]))
        return tf.reduce_mean(nll * score)

    def candidate(batch):
        def discount_rewards(rewards):
            discounted, running_add = [0.0] * n, tf.zeros((), dtype=f)
            for t in reversed(range(n)):
                if rewards[t] != 0:
                    running_add = tf.zeros((), dtype=f)
                running_add = running_add * gamma + rewards[t]
                discounted[t] = running_add
            return tf.stack(discounted)

        rewards = discount_rewards(batch["rewards"])
        rewards = rewards / tf.math.reduce_std(rewards - tf.reduce_mean(rewards))
        prob = tf.nn.softmax(model(batch["states"]))
        y = tf.one_hot(batch["actions"], acts, dtype=f)
        gradients = -tf.reduce_sum(y * tf.math.log(prob), axis=1)
        return tf.reduce_mean(gradients * rewards)

    rewards = np.zeros(n)
    rewards[[5, 11, 14, 23]] = [1.0, 1.0, -1.0, 1.0]
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "states": rng.standard_normal((n, obs)).astype(f),
            "actions": rng.integers(0, acts, n).astype("int32"),
            "rewards": rewards.astype(f),
        },
        "variables": model.trainable_variables,
    }
