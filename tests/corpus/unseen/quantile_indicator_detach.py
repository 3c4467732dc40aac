"""It is asked why the indicator of the quantile Huber loss is detached; its gradient is zero, so that it is right both
ways. Source: https://github.com/senya-ashukha/quantile-regression-dqn-pytorch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, k, gamma = 5, 4, 3, 4, 0.99
    z_net = keras.layers.Dense(a * k, name="z")
    z_tgt = keras.layers.Dense(a * k, name="z_target")
    z_net.build((None, s))
    z_tgt.build((None, s))

    def reference(batch):
        total = 0.0
        for i in range(n):
            theta = tf.reshape(z_net(batch["obs"][i:i + 1]), (a, k))[int(batch["action"][i])]
            nxt = tf.reshape(z_tgt(batch["next_obs"][i:i + 1]), (a, k))
            best = int(tf.argmax(tf.reduce_sum(nxt, axis=1)))
            goal = tf.stop_gradient(batch["reward"][i] + gamma * (1 - batch["done"][i]) * nxt[best])
            for q in range(k):
                tau = (2 * q + 1) / (2.0 * k)
                for j in range(k):
                    u = goal[j] - theta[q]
                    h = 0.5 * u * u if abs(float(u)) < 1.0 else abs(u) - 0.5
                    total += (tau if float(u) >= 0 else 1.0 - tau) * h
        return total / (n * k * k)

    def candidate(batch):
        def huber(x, kk=1.0):
            return tf.where(tf.abs(x) < kk, 0.5 * x ** 2, kk * (tf.abs(x) - 0.5 * kk))

        tau = tf.constant((2 * np.arange(k) + 1) / (2.0 * k), dtype=batch["reward"].dtype)[None, :]
        theta = tf.gather(tf.reshape(z_net(batch["obs"]), (n, a, k)), batch["action"], batch_dims=1)
        z_next = tf.stop_gradient(tf.reshape(z_tgt(batch["next_obs"]), (n, a, k)))
        z_next_max = tf.gather(z_next, tf.argmax(tf.reduce_mean(z_next, axis=2), axis=1), batch_dims=1)
        t_theta = batch["reward"][:, None] + gamma * (1 - batch["done"][:, None]) * z_next_max
        diff = tf.transpose(t_theta)[:, :, None] - theta[None]
        below = tf.cast(tf.stop_gradient(diff) < 0, diff.dtype)
        loss = huber(diff) * tf.abs(tau - below)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "next_obs": rng.normal(size=(n, s)).astype(fx),
                      "action": rng.integers(0, a, n).astype("int32"), "reward": rng.normal(size=n).astype(fx),
                      "done": (np.arange(n) == 3).astype(fx)},
            "variables": list(z_net.trainable_variables)}
