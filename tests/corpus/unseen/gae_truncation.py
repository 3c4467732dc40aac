"""Vectorised GAE: where an episode is truncated inside the rollout, the delta takes the value
of the next episode's first state.
Source: https://github.com/EdanToledo/Stoix/issues/142"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'next_values = values[:, 1:]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    envs, horizon, obs_dim, gamma, lam = 3, 6, 4, 0.97, 0.9
    net = keras.Sequential([keras.layers.Dense(6, activation="tanh", name="vh"), keras.layers.Dense(1, name="vo")])
    net.build((None, obs_dim))
    w_p = tf.Variable((rng.standard_normal((obs_dim, 3)) * 0.6).astype(fx), name="w_p")

    def reference(batch):
        loss = tf.zeros((), fx)
        for e in range(envs):
            v = net(batch["obs"][e])[:, 0]
            v_final = net(batch["final_obs"][e])[:, 0]
            logp = tf.nn.log_softmax(tf.matmul(batch["obs"][e, :-1], w_p))
            adv = tf.zeros((), fx)
            for t in reversed(range(horizon)):
                cut = batch["truncated"][e, t]
                v_next = cut * v_final[t] + (1.0 - cut) * v[t + 1]
                delta = batch["rewards"][e, t] + batch["discount"][e, t] * v_next - v[t]
                adv = tf.stop_gradient(delta + batch["discount"][e, t] * lam * (1.0 - cut) * adv)
                target = tf.stop_gradient(adv + v[t])
                loss += 0.5 * (v[t] - target) ** 2 - adv * logp[t, batch["actions"][e, t]]
        return loss / (envs * horizon)

    def candidate(batch):
        flat = tf.reshape(batch["obs"], [-1, obs_dim])
        values = tf.reshape(net(flat), [envs, horizon + 1])
        bootstrap = tf.reshape(net(tf.reshape(batch["final_obs"], [-1, obs_dim])), [envs, horizon])
        next_values = values[:, 1:]
        deltas = batch["rewards"] + batch["discount"] * next_values - values[:, :-1]
        decay = batch["discount"] * lam * (1.0 - batch["truncated"])
        acc, stack = tf.zeros_like(deltas[:, 0]), []
        for t in range(horizon - 1, -1, -1):
            acc = deltas[:, t] + decay[:, t] * acc
            stack.append(acc)
        advantages = tf.stop_gradient(tf.stack(stack[::-1], axis=1))
        targets = advantages + tf.stop_gradient(values[:, :-1])
        logp = tf.nn.log_softmax(tf.einsum("etd,da->eta", batch["obs"][:, :-1], w_p))
        taken = tf.gather(logp, batch["actions"], batch_dims=2)
        critic = 0.5 * tf.reduce_mean(tf.square(values[:, :-1] - targets))
        return critic - tf.reduce_mean(advantages * taken)

    trunc = np.zeros((envs, horizon))
    trunc[0, 2] = trunc[1, 4] = trunc[2, 1] = 1.0
    disc = np.full((envs, horizon), gamma)
    disc[1, 1] = disc[2, 4] = 0.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((envs, horizon + 1, obs_dim)).astype(fx),
                      "final_obs": (2.0 * rng.standard_normal((envs, horizon, obs_dim))).astype(fx),
                      "actions": rng.integers(0, 3, (envs, horizon)).astype("int32"),
                      "rewards": rng.standard_normal((envs, horizon)).astype(fx),
                      "discount": disc.astype(fx), "truncated": trunc.astype(fx)},
            "variables": [*net.trainable_variables, w_p]}
