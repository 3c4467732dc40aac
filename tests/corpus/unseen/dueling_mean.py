"""Dueling DQN of chapter 8: the mean advantage which is taken off before value and advantage are added up.
Source: https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/pull/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": 'return val + (adv - tf.reduce_mean(adv))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, s, h, a, gamma = 5, 4, 6, 3, 0.9
    mk = lambda k, sh: tf.Variable(rng.normal(0, 0.7, sh).astype(fx), name=k)
    wh, wv, wa = mk("trunk", (s, h)), mk("fc_val", (h, 1)), mk("fc_adv", (h, a))

    def reference(batch):
        hid = tf.nn.relu(batch["state"] @ wh)
        adv = hid @ wa
        centred = adv - tf.reduce_mean(adv, axis=1, keepdims=True)
        q = hid @ wv + centred
        q_sa = tf.reduce_sum(q * tf.one_hot(batch["action"], a, dtype=q.dtype), axis=1)
        target = batch["reward"] + gamma * batch["next_best"] * (1.0 - batch["done"])
        return tf.reduce_mean(tf.square(q_sa - target))

    def candidate(batch):
        def net(x):
            fx_out = tf.nn.relu(tf.matmul(x, wh))
            val = tf.matmul(fx_out, wv)
            adv = tf.matmul(fx_out, wa)
            return val + (adv - tf.reduce_mean(adv))

        state_action_values = tf.gather(net(batch["state"]), batch["action"], batch_dims=1)
        next_values = tf.where(batch["done"] > 0.5, tf.zeros_like(batch["next_best"]), batch["next_best"])
        expected = tf.stop_gradient(next_values) * gamma + batch["reward"]
        return keras.losses.MeanSquaredError()(expected, state_action_values)

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(n, s)).astype(fx), "action": rng.integers(0, a, n).astype("int32"),
                      "reward": rng.normal(size=n).astype(fx), "next_best": rng.normal(size=n).astype(fx),
                      "done": (rng.uniform(size=n) < 0.3).astype(fx)},
            "variables": [wh, wv, wa]}
