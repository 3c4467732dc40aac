"""RLlib SAC performance fixes: the soft target took the log-probability of the current state's action instead of
the next state's. Source: https://github.com/ray-project/ray/pull/6295"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "q_tp1 -= tf.expand_dims(alpha * log_pis_t, 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs, act, gamma, alpha = 6, 4, 2, 0.97, 0.4
    pi = tf.Variable(rng.normal(size=(obs, 2 * act)).astype(fx) * 0.5, name="policy")
    q1 = tf.Variable(rng.normal(size=(obs + act, 1)).astype(fx), name="q1")
    q2 = tf.Variable(rng.normal(size=(obs + act, 1)).astype(fx), name="q2")
    t1 = tf.constant(rng.normal(size=(obs + act, 1)).astype(fx))
    t2 = tf.constant(rng.normal(size=(obs + act, 1)).astype(fx))

    def sample(s, eps):
        mu, log_std = tf.split(s @ pi, 2, axis=-1)
        log_std = tf.clip_by_value(log_std, -2.0, 1.0)
        u = mu + tf.exp(log_std) * eps
        logp = tf.reduce_sum(-0.5 * eps ** 2 - log_std - 0.5 * np.log(2 * np.pi), -1)
        a = tf.tanh(u)
        return a, logp - tf.reduce_sum(tf.math.log(1.0 - a ** 2 + 1e-6), -1)

    def reference(batch):
        s, s2 = batch["obs"], batch["next_obs"]
        a_new, logp_new = sample(s, batch["eps"])
        a_next, logp_next = sample(s2, batch["eps_next"])
        x_next = tf.concat([s2, a_next], -1)
        soft_v = tf.minimum((x_next @ t1)[:, 0], (x_next @ t2)[:, 0]) - alpha * logp_next
        y = tf.stop_gradient(batch["reward"] + gamma * (1.0 - batch["done"]) * soft_v)
        x = tf.concat([s, batch["action"]], -1)
        critic = 0.5 * sum(tf.reduce_mean(((x @ q)[:, 0] - y) ** 2) for q in (q1, q2))
        x_new = tf.concat([s, a_new], -1)
        q_new = tf.minimum((x_new @ tf.stop_gradient(q1))[:, 0], (x_new @ tf.stop_gradient(q2))[:, 0])
        return critic + tf.reduce_mean(alpha * logp_new - q_new)

    def candidate(batch):
        policy_t, log_pis_t = sample(batch["obs"], batch["eps"])
        policy_tp1, log_pis_tp1 = sample(batch["next_obs"], batch["eps_next"])

        def q_value(weights, observations, actions):
            return tf.matmul(tf.concat([observations, actions], axis=-1), weights)

        q_t = q_value(q1, batch["obs"], batch["action"])
        twin_q_t = q_value(q2, batch["obs"], batch["action"])
        q_t_det = tf.minimum(q_value(tf.stop_gradient(q1), batch["obs"], policy_t),
                             q_value(tf.stop_gradient(q2), batch["obs"], policy_t))
        q_tp1 = q_value(t1, batch["next_obs"], policy_tp1)
        q_tp1 = tf.minimum(q_tp1, q_value(t2, batch["next_obs"], policy_tp1))
        q_tp1 -= tf.expand_dims(alpha * log_pis_t, 1)
        q_tp1_best_masked = (1.0 - batch["done"]) * tf.squeeze(q_tp1, axis=1)
        target = tf.stop_gradient(batch["reward"] + gamma * q_tp1_best_masked)
        td = tf.squeeze(q_t, 1) - target
        twin_td = tf.squeeze(twin_q_t, 1) - target
        critic_loss = 0.5 * tf.reduce_mean(tf.square(td)) + 0.5 * tf.reduce_mean(tf.square(twin_td))
        actor_loss = tf.reduce_mean(alpha * log_pis_t - tf.squeeze(q_t_det, 1))
        return critic_loss + actor_loss

    f = lambda *s: rng.normal(size=s).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": f(n, obs), "next_obs": f(n, obs), "action": np.tanh(f(n, act)), "reward": f(n),
                      "done": (np.arange(n) == 2).astype(fx), "eps": f(n, act), "eps_next": f(n, act)},
            "variables": [pi, q1, q2]}
