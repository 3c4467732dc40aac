"""DDQN target takes the greedy action of the target network, which makes it a plain DQN target.
Source: https://github.com/sdpkjc/abcdrl/pull/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "target_argmax = tf.argmax(model_t(next_obs), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, dim, n_act, gamma = 8, 4, 5, 0.97
    obs = rng.normal(size=(n, dim)).astype(fx)
    nxt = rng.normal(size=(n, dim)).astype(fx)
    acts = rng.integers(0, n_act, size=(n,))
    rew = rng.normal(size=(n,)).astype(fx)
    done = (rng.uniform(size=(n,)) < 0.2).astype(fx)

    def net(name):
        m = keras.Sequential([keras.layers.Input((dim,)), keras.layers.Dense(8, "relu", name=name + "_h"),
                              keras.layers.Dense(n_act, name=name + "_o")])
        m.set_weights([rng.normal(size=v.shape) for v in m.get_weights()])
        return m

    model, model_t = net("model"), net("model_t")

    def reference(batch):
        choice = tf.argmax(model(batch["nxt"]), axis=1)
        boot = tf.gather(model_t(batch["nxt"]), choice, batch_dims=1)
        y = tf.stop_gradient(batch["rew"] + gamma * (1.0 - batch["done"]) * boot)
        q = tf.gather(model(batch["obs"]), batch["acts"], batch_dims=1)
        return tf.reduce_mean(tf.square(q - y))

    def candidate(batch):
        next_obs = batch["nxt"]
        target_argmax = tf.argmax(model_t(next_obs), axis=1)
        one_hot_next = tf.one_hot(target_argmax, n_act, dtype=next_obs.dtype)
        target_max = tf.reduce_sum(model_t(next_obs) * one_hot_next, axis=1)
        td_target = batch["rew"] + gamma * target_max * (1 - batch["done"])
        one_hot = tf.one_hot(batch["acts"], n_act, dtype=next_obs.dtype)
        old_val = tf.reduce_sum(model(batch["obs"]) * one_hot, axis=1)
        td_error = tf.stop_gradient(td_target) - old_val
        return tf.reduce_mean(td_error * td_error)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "nxt": nxt, "acts": acts, "rew": rew, "done": done},
            "variables": model.trainable_variables}
