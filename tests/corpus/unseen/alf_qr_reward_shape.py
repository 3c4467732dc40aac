"""alf quantile-regression TD loss (review): the reward is not given its own quantile axis correctly, so it
broadcasts along the quantiles. Source: https://github.com/HorizonRobotics/alf/pull/1103"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "target = reward + gamma * not_done[:, None] * next_q",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, S, N = 5, 4, 5
    W1 = tf.Variable(rng.normal(0, 0.6, (S, 8)).astype(fx), name="W1")
    W2 = tf.Variable(rng.normal(0, 0.6, (8, N)).astype(fx), name="W2")

    def critic(o):
        return tf.matmul(tf.nn.relu(tf.matmul(o, W1)), W2)

    def reference(batch):
        gamma, kappa = 0.95, 1.0
        nq = tf.stop_gradient(critic(batch["next_obs"]))
        q = critic(batch["obs"])
        loss = 0.0
        for b in range(B):
            y = batch["reward"][b] + gamma * (1.0 - batch["done"][b]) * nq[b]
            for i in range(N):
                tau = (i + 0.5) / N
                u = y - q[b, i]
                hub = tf.where(tf.abs(u) <= kappa, 0.5 * u ** 2, kappa * (tf.abs(u) - 0.5 * kappa))
                w = tf.abs(tau - tf.cast(u < 0, fx))
                loss += tf.reduce_mean(w * hub)
        return loss / B

    def candidate(batch):
        gamma, kappa = 0.95, 1.0
        reward, not_done = batch["reward"], 1.0 - batch["done"]
        next_q = critic(batch["next_obs"])
        target = reward + gamma * not_done[:, None] * next_q
        target = tf.stop_gradient(target)
        value = critic(batch["obs"])
        tau_hat = tf.constant((np.arange(N) + 0.5) / N, dtype=fx)
        diff = target[:, None, :] - value[:, :, None]
        abs_diff = tf.abs(diff)
        huber = tf.where(abs_diff <= kappa, 0.5 * diff ** 2, kappa * (abs_diff - 0.5 * kappa))
        weight = tf.abs(tau_hat[None, :, None] - tf.cast(diff < 0, fx))
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(weight * huber, axis=2), axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(B, S)).astype(fx), "next_obs": rng.normal(size=(B, S)).astype(fx),
                      "reward": rng.normal(0, 2, B).astype(fx), "done": np.array([0, 1, 0, 0, 1]).astype(fx)},
            "variables": [W1, W2]}
