"""When the environment hands over integer rewards, the n-step return is accumulated in the reward's dtype.
Source: https://github.com/facebookresearch/rlmeta/pull/103"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "ret = tf.cast(bootstrap, batch[\"reward\"].dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, n_step, s, a, gamma = 6, 4, 5, 3, 0.9
    net = keras.Sequential([keras.layers.Input((s,)), keras.layers.Dense(8, activation="tanh", name="fc"),
                            keras.layers.Dense(a, name="q")])

    def reference(batch):
        nxt = tf.stop_gradient(tf.reduce_max(net(batch["next_obs"]), axis=-1))
        powers = tf.pow(tf.cast(gamma, nxt.dtype), tf.range(n_step, dtype=nxt.dtype))
        g = tf.linalg.matvec(tf.cast(batch["reward"], nxt.dtype), powers) + gamma ** n_step * nxt
        q = tf.gather(net(batch["obs"]), batch["action"], batch_dims=1)
        err = tf.abs(g - q)
        return tf.reduce_mean(tf.where(err < 1.0, 0.5 * err ** 2, err - 0.5))

    def candidate(batch):
        def scaled(x):
            return tf.cast(gamma * tf.cast(x, fx), x.dtype)

        bootstrap = tf.stop_gradient(tf.reduce_max(net(batch["next_obs"]), axis=-1))
        ret = tf.cast(bootstrap, batch["reward"].dtype)
        for k in reversed(range(n_step)):
            ret = tf.cast(batch["reward"][:, k], ret.dtype) + scaled(ret)
        q_all = net(batch["obs"])
        q_taken = tf.reduce_sum(q_all * tf.one_hot(batch["action"], a, dtype=q_all.dtype), axis=-1)
        td = tf.cast(ret, q_taken.dtype) - q_taken
        quad = tf.minimum(tf.abs(td), 1.0)
        return tf.reduce_mean(0.5 * quad ** 2 + (tf.abs(td) - quad))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "next_obs": rng.normal(size=(n, s)).astype(fx),
                      "action": rng.integers(0, a, n).astype("int32"),
                      "reward": rng.integers(-1, 2, (n, n_step)).astype("int32")},
            "variables": list(net.trainable_variables)}
