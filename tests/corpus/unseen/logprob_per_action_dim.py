"""The log probability keeps the action dimension instead of being summed over it, so PPO clips every dimension alone.
Source: https://github.com/AI4Finance-Foundation/ElegantRL/pull/273"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return -(tf.square((action - avg) / std) / 2 + std_log + 0.5 * np.log(2 * np.pi))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, clip, lam = 8, 5, 3, 0.25, 0.01
    net = keras.Sequential([keras.layers.Input((s,)), keras.layers.Dense(8, activation="tanh", name="b"),
                            keras.layers.Dense(a, name="avg")])
    action_std_log = tf.Variable(rng.normal(size=(a,)).astype(fx) * 0.2, name="action_std_log")

    def reference(batch):
        mu = net(batch["state"])
        z = (batch["action"] - mu) * tf.exp(-action_std_log)
        logp = tf.reduce_sum(-0.5 * z ** 2 - action_std_log - 0.5 * np.log(2 * np.pi), axis=1)
        z_old = (batch["action"] - batch["old_avg"]) * tf.exp(-batch["old_std_log"])
        old = tf.reduce_sum(-0.5 * z_old ** 2 - batch["old_std_log"] - 0.5 * np.log(2 * np.pi), axis=1)
        ratio = tf.exp(logp - old)
        gain = tf.minimum(batch["adv"] * ratio, batch["adv"] * tf.clip_by_value(ratio, 1 - clip, 1 + clip))
        entropy = tf.reduce_sum(action_std_log + 0.5 * (1 + np.log(2 * np.pi)))
        return -(tf.reduce_mean(gain) + lam * entropy)

    def candidate(batch):
        def get_logprob(avg, std_log, action):
            std = tf.exp(std_log)
            return -(tf.square((action - avg) / std) / 2 + std_log + 0.5 * np.log(2 * np.pi))

        new_logprob = get_logprob(net(batch["state"]), action_std_log, batch["action"])
        old_logprob = get_logprob(batch["old_avg"], batch["old_std_log"], batch["action"])
        advantages = batch["adv"][:, None]
        obj_entropy = tf.reduce_sum(action_std_log + 0.5 + 0.5 * np.log(2 * np.pi))
        ratio = tf.exp(new_logprob - old_logprob)
        surrogate1 = advantages * ratio
        surrogate2 = advantages * tf.clip_by_value(ratio, 1 - clip, 1 + clip)
        obj_surrogate = tf.reduce_mean(tf.minimum(surrogate1, surrogate2))
        return -(obj_surrogate + obj_entropy * lam)

    state = rng.normal(size=(n, s)).astype(fx)
    mu = np.asarray(net(state))
    act = mu + rng.normal(size=(n, a)) * 0.8
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": state, "action": act.astype(fx), "old_avg": (mu + 0.05 * rng.normal(size=(n, a))).astype(fx),
                      "old_std_log": (0.1 * rng.normal(size=a)).astype(fx),
                      "adv": rng.normal(size=n).astype(fx)},
            "variables": list(net.trainable_variables) + [action_std_log]}
