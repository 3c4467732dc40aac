"""Recurrent MADDPG critic: the bootstrapped n-step target is built with the rewards of the wrong window.
Source: https://github.com/instadeepai/Mava/pull/245"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "window = rewards[k + 1:k + 1 + horizon]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t, b, d, a, n_step, gamma = 7, 3, 4, 2, 3, 0.9
    w1 = tf.Variable((0.6 * rng.normal(size=(d + a, 5))).astype(fx), name="critic_w1")
    w2 = tf.Variable(rng.normal(size=(5, 1)).astype(fx), name="critic_w2")
    tw1 = (0.6 * rng.normal(size=(d + a, 5))).astype(fx)
    tw2 = rng.normal(size=(5, 1)).astype(fx)

    def critic(obs, act, p, q):
        return tf.squeeze(tf.tanh(tf.concat([obs, act], -1) @ p) @ q, -1)

    def reference(batch):
        q = critic(batch["obs"], batch["act"], w1, w2)
        tq = critic(batch["obs"], batch["target_act"], tw1, tw2)
        horizon = t - n_step
        losses = []
        for i in range(horizon):
            ret = tf.zeros_like(tq[0])
            for j in range(n_step):
                ret += gamma ** j * batch["reward"][i + j]
            ret += gamma ** n_step * tq[i + n_step]
            losses.append(0.5 * tf.square(tf.stop_gradient(ret) - q[i]))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        rewards = batch["reward"]
        horizon = t - n_step
        q_values = critic(batch["obs"], batch["act"], w1, w2)
        target_q = critic(batch["obs"], batch["target_act"], tw1, tw2)
        targets = gamma ** n_step * target_q[n_step:n_step + horizon]
        for k in range(n_step):
            window = rewards[k + 1:k + 1 + horizon]
            targets += gamma ** k * window
        td_error = tf.stop_gradient(targets) - q_values[:horizon]
        return tf.reduce_mean(0.5 * tf.square(td_error))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "obs": rng.normal(size=(t, b, d)).astype(fx),
            "act": rng.normal(size=(t, b, a)).astype(fx),
            "target_act": rng.normal(size=(t, b, a)).astype(fx),
            "reward": rng.normal(size=(t, b)).astype(fx),
        },
        "variables": [w1, w2],
    }
