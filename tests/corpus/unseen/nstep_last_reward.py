"""The documented n-step formula clears the reward of the terminal step itself. Source: https://github.com/thu-ml/tianshou/issues/135"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'reward_mask = tf.math.cumprod(1.0 - done, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, n, s, gamma = 5, 3, 4, 0.95
    obs, obs_n = normal(b, s), normal(b, s)
    rew = (1 + rng.random((b, n))).astype(fx)
    done = np.zeros((b, n), dtype="int32")
    done[1, 0] = done[2, 2] = done[3, 1] = 1
    tw = normal(s)
    kernel = var("kernel", s)
    bias = tf.Variable(np.array(0.1, dtype=fx), name="bias")

    def reference(batch):
        loss = 0.0
        for i in range(b):
            g = 0.0
            ended = False
            for k in range(n):
                g += gamma ** k * batch["rew"][i, k]
                if int(batch["done"][i, k]):
                    ended = True
                    break
            if not ended:
                g += gamma ** n * tf.reduce_sum(batch["obs_n"][i] * tw)
            q = tf.reduce_sum(batch["obs"][i] * kernel) + bias
            loss += (q - g) ** 2
        return loss / b

    def candidate(batch):
        done = tf.cast(batch["done"], batch["rew"].dtype)
        reward_mask = tf.math.cumprod(1.0 - done, axis=1)
        gammas = tf.constant(gamma ** np.arange(n), done.dtype)
        returns = tf.reduce_sum(reward_mask * gammas * batch["rew"], axis=1)
        bootstrap = tf.reduce_prod(1.0 - done, axis=1) * tf.linalg.matvec(batch["obs_n"], tw)
        target = tf.stop_gradient(returns + gamma ** n * bootstrap)
        q = tf.linalg.matvec(batch["obs"], kernel) + bias
        return tf.reduce_mean(tf.square(target - q))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "obs_n": obs_n, "rew": rew, "done": done}, "variables": [kernel, bias]}
