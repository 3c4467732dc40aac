"""PQN computes lambda returns backwards; the non-terminal mask multiplies only the bootstrapped value and not the return of
the next step, so returns leak over the end of an episode.
Source: https://github.com/vwxyzjn/cleanrl/pull/494"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "bootstrap = q_lambda * returns[t + 1] + (1 - q_lambda) * next_value * nextnonterminal",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    steps, envs, obs, acts = 13, 4, 6, 3
    gamma, q_lambda = 0.97, 0.65
    net = keras.Sequential([keras.layers.Dense(8, activation="relu", name="n_h"), keras.layers.Dense(acts, name="n_o")])
    net.build((None, obs))

    def reference(batch):
        alive = 1 - batch["dones"]

        def back(ret_next, xs):
            r, a, v = xs
            return r + gamma * a * (q_lambda * ret_next + (1 - q_lambda) * v)

        last = batch["rewards"][-1] + gamma * alive[-1] * batch["next_values"][-1]
        rest = tf.scan(back, (batch["rewards"][:-1], alive[:-1], batch["next_values"][:-1]), initializer=last, reverse=True)
        target = tf.concat([rest, last[None]], axis=0)
        q = tf.reshape(net(tf.reshape(batch["obs"], (-1, obs))), (steps, envs, acts))
        taken = tf.reduce_sum(q * tf.one_hot(batch["actions"], acts, dtype=f), axis=-1)
        return tf.reduce_mean((taken - target) ** 2)

    def candidate(batch):
        rewards, dones, values = batch["rewards"], batch["dones"], batch["next_values"]
        returns = {}
        for t in reversed(range(steps)):
            nextnonterminal = 1.0 - dones[t]
            next_value = values[t]
            if t == steps - 1:
                returns[t] = rewards[t] + gamma * next_value * nextnonterminal
                continue
            bootstrap = q_lambda * returns[t + 1] + (1 - q_lambda) * next_value * nextnonterminal
            returns[t] = rewards[t] + gamma * bootstrap

        b_obs = tf.reshape(batch["obs"], (-1, obs))
        b_actions = tf.reshape(batch["actions"], (-1,))
        b_returns = tf.concat([returns[t] for t in range(steps)], axis=0)
        old_val = tf.gather(net(b_obs), b_actions, axis=1, batch_dims=1)
        return tf.reduce_mean(tf.math.squared_difference(b_returns, old_val))

    dones = (rng.random((steps, envs)) < 0.25).astype(f)
    dones[4, 1] = 1.0
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.standard_normal((steps, envs, obs)).astype(f),
            "actions": rng.integers(0, acts, (steps, envs)).astype("int32"),
            "rewards": (1 + rng.standard_normal((steps, envs))).astype(f),
            "dones": dones,
            "next_values": (2 + rng.standard_normal((steps, envs))).astype(f),
        },
        "variables": net.trainable_variables,
    }
