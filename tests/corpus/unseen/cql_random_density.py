"""Asks why CQL's random actions use log(0.5 ** action_size) as their density and not log(0.5); it is right as it stands.
Source: https://github.com/takuseno/d3rlpy/issues/147"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, k, dim, act = 4, 3, 3, 2
    obs = rng.normal(size=(n, dim)).astype(fx)
    data_act = rng.uniform(-1, 1, size=(n, act)).astype(fx)
    pol_act = rng.uniform(-1, 1, size=(n, k, act)).astype(fx)
    pol_logp = rng.normal(size=(n, k)).astype(fx)
    rand_act = rng.uniform(-1, 1, size=(n, k, act)).astype(fx)
    q_net = keras.Sequential([keras.layers.Input((dim + act,)), keras.layers.Dense(6, "tanh", name="qh"),
                              keras.layers.Dense(1, use_bias=False, name="qo")])

    def reference(batch):
        total = 0.0
        for i in range(n):
            o = batch["obs"][i][None]
            terms = []
            for j in range(k):
                q_pi = q_net(tf.concat([o, batch["pol_act"][i, j][None]], axis=1))[0, 0]
                q_u = q_net(tf.concat([o, batch["rand_act"][i, j][None]], axis=1))[0, 0]
                terms += [tf.exp(q_pi) / tf.exp(batch["pol_logp"][i, j]), tf.exp(q_u) * 2.0 ** act]
            q_data = q_net(tf.concat([o, batch["data_act"][i][None]], axis=1))[0, 0]
            total += tf.math.log(tf.add_n(terms)) - q_data
        return total / n

    def candidate(batch):
        def flat_q(actions):
            rep = tf.repeat(batch["obs"], k, axis=0)
            values = q_net(tf.concat([rep, tf.reshape(actions, (n * k, act))], axis=1))
            return tf.reshape(values, (n, k))

        policy_values = flat_q(batch["pol_act"]) - batch["pol_logp"]
        random_log_probs = float(np.log(0.5 ** act))
        random_values = flat_q(batch["rand_act"]) - random_log_probs
        target_values = tf.concat([policy_values, random_values], axis=1)
        logsumexp = tf.reduce_logsumexp(target_values, axis=1, keepdims=True)
        data_values = q_net(tf.concat([batch["obs"], batch["data_act"]], axis=1))
        return tf.reduce_mean(logsumexp - data_values)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs, "data_act": data_act, "pol_act": pol_act, "pol_logp": pol_logp,
                      "rand_act": rand_act},
            "variables": q_net.trainable_variables}
