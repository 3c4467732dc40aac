"""QR-DQN scales the bootstrap by (1 - terminated); a non-finite target quantile of a terminal transition survives as NaN.
Source: https://github.com/anthonytorlucci/rlevo/issues/357"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "target_inner = rewards + keep * next_quantiles * gamma",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, acts, k = 5, 3, 2, 4
    w1, w2 = var("w1", o, 6), var("w2", 6, acts * k)
    gamma = 0.95
    taus = ((np.arange(k) + 0.5) / k).astype(dt)

    def quantiles(obs, actions):
        z = tf.reshape(tf.tanh(obs @ w1) @ w2, [n, acts, k])
        return tf.gather(z, actions, batch_dims=1, axis=1)

    def reference(batch):
        theta = quantiles(batch["obs"], batch["actions"])
        alive = (batch["terminated"] < 0.5)[:, None]
        boot = tf.where(alive, gamma * batch["next_quantiles"], tf.zeros_like(batch["next_quantiles"]))
        target = batch["rewards"][:, None] + boot
        total = 0.0
        for i in range(k):
            u = target - theta[:, i:i + 1]
            huber = tf.where(tf.abs(u) <= 1.0, 0.5 * u ** 2, tf.abs(u) - 0.5)
            weight = tf.abs(taus[i] - tf.cast(u < 0, u.dtype))
            total += tf.reduce_mean(tf.reduce_mean(weight * huber, axis=1))
        return total

    def candidate(batch):
        rewards = batch["rewards"][:, None]
        keep = 1.0 - batch["terminated"][:, None]
        next_quantiles = batch["next_quantiles"]
        target_inner = rewards + keep * next_quantiles * gamma
        target_inner = tf.stop_gradient(target_inner)
        current = quantiles(batch["obs"], batch["actions"])
        td = target_inner[:, None, :] - current[:, :, None]
        abs_td = tf.abs(td)
        clipped = tf.minimum(abs_td, 1.0)
        huber = 0.5 * tf.square(clipped) + (abs_td - clipped)
        indicator = tf.cast(td < 0, td.dtype)
        rho = tf.abs(taus[None, :, None] - indicator) * huber
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(rho, axis=2), axis=1))

    term = np.array([0, 1, 0, 0, 1])
    nq = rng.normal(size=(n, k))
    nq[1, 2] = np.inf
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, o)).astype(dt), "actions": rng.integers(0, acts, size=n),
                      "rewards": rng.normal(size=n).astype(dt), "terminated": term.astype(dt), "next_quantiles": nq.astype(dt)},
            "variables": [w1, w2]}
