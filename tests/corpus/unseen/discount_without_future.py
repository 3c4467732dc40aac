"""discount_rewards multiplies each reward by gamma**i but never sums what follows it.
Source: https://github.com/hunkim/ReinforcementZeroToAll/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "d_rewards = r * tf.pow(tf.cast(gamma, r.dtype), steps)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t_len, s, gamma = 8, 4, 0.9
    policy = keras.Sequential([keras.layers.Input((s,)), keras.layers.Dense(10, activation="relu", name="hidden"),
                               keras.layers.Dense(1, activation="sigmoid", name="prob")])

    def reference(batch):
        running, returns = 0.0, []
        for t in reversed(range(t_len)):
            running = batch["reward"][t] + gamma * running
            returns.append(running)
        g = tf.stack(returns[::-1])
        g = (g - tf.reduce_mean(g)) / tf.math.reduce_std(g)
        p = policy(batch["obs"])[:, 0]
        logp = batch["action"] * tf.math.log(p) + (1 - batch["action"]) * tf.math.log(1 - p)
        return -tf.reduce_mean(logp * g)

    def candidate(batch):
        def discount_rewards(r):
            steps = tf.range(t_len, dtype=r.dtype)
            d_rewards = r * tf.pow(tf.cast(gamma, r.dtype), steps)
            d_rewards = d_rewards - tf.reduce_mean(d_rewards)
            return d_rewards / tf.math.reduce_std(d_rewards)

        advantages = discount_rewards(batch["reward"])[:, None]
        y = batch["action"][:, None]
        action_pred = policy(batch["obs"])
        log_lik = -y * tf.math.log(action_pred) - (1 - y) * tf.math.log(1 - action_pred)
        return tf.reduce_mean(log_lik * advantages)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(t_len, s)).astype(fx),
                      "action": rng.integers(0, 2, t_len).astype(fx),
                      "reward": rng.uniform(0.2, 2.0, t_len).astype(fx)},
            "variables": list(policy.trainable_variables)}
