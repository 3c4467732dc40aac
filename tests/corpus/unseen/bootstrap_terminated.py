"""Embodied PPO: the next value is added to the reward at every done, also at real terminations, where only episodes cut
by the time limit may bootstrap. Source: https://github.com/RLinf/RLinf/pull/661"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "last_step = batch[\"dones\"]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t, b, d, gamma, lam = 6, 3, 4, 0.97, 0.9
    w = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="value_w")
    bias = tf.Variable(np.full((1,), 0.3, dtype=fx), name="value_b")
    term = np.zeros((t, b))
    trunc = np.zeros((t, b))
    term[2, 0] = term[4, 1] = 1.0
    trunc[3, 2] = trunc[5, 0] = 1.0
    dones = np.maximum(term, trunc)

    def value(x):
        return tf.squeeze(x @ w, -1) + bias

    def reference(batch):
        v = value(batch["obs"])
        final_v = value(batch["final_obs"])
        last_v = value(batch["last_obs"])
        r = batch["rewards"] + gamma * final_v * batch["truncations"]
        gae = tf.zeros_like(last_v)
        rets = [None] * t
        for i in range(t - 1, -1, -1):
            nxt = last_v if i == t - 1 else v[i + 1]
            live = 1.0 - batch["dones"][i]
            gae = r[i] + gamma * live * nxt - v[i] + gamma * lam * live * gae
            rets[i] = gae + v[i]
        return tf.reduce_mean(tf.square(v - tf.stop_gradient(tf.stack(rets))))

    def candidate(batch):
        rewards = batch["rewards"]
        values = value(batch["obs"])
        final_values = value(batch["final_obs"])
        last_step = batch["dones"]
        rewards = rewards + gamma * final_values * last_step
        not_done = 1.0 - batch["dones"]
        next_values = tf.concat([values[1:], value(batch["last_obs"])[None]], axis=0)
        deltas = rewards + gamma * next_values * not_done - values
        adv = tf.zeros_like(deltas[0])
        advantages = []
        for step in reversed(range(t)):
            adv = deltas[step] + gamma * lam * not_done[step] * adv
            advantages.insert(0, adv)
        returns = tf.stop_gradient(tf.stack(advantages) + values)
        return tf.reduce_mean(tf.square(returns - values))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "obs": rng.normal(size=(t, b, d)).astype(fx),
            "final_obs": rng.normal(size=(t, b, d)).astype(fx),
            "last_obs": rng.normal(size=(b, d)).astype(fx),
            "rewards": rng.normal(size=(t, b)).astype(fx),
            "truncations": trunc.astype(fx), "dones": dones.astype(fx),
        },
        "variables": [w, bias],
    }
