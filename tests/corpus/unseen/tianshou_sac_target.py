"""Does tianshou's SAC target forget the log-probability? It is subtracted inside the target value already.
Source: https://github.com/thu-ml/tianshou/issues/76"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, s, a, gamma, alpha = 6, 4, 2, 0.97, 0.2
    q1 = tf.Variable(rng.normal(size=(s + a, 5)).astype(fx), name="q1")
    q2 = tf.Variable(rng.normal(size=(s + a, 5)).astype(fx), name="q2")
    mu = tf.Variable(rng.normal(size=(s, a)).astype(fx) * 0.5, name="mu")
    old1 = (q1.numpy() + 0.3 * rng.normal(size=(s + a, 5))).astype(fx)
    old2 = (q2.numpy() + 0.3 * rng.normal(size=(s + a, 5))).astype(fx)

    def q_value(obs, act, w):
        return tf.reduce_sum(tf.tanh(tf.concat([obs, act], axis=-1) @ w), axis=-1)

    def sample(obs, eps):
        pre = obs @ mu + 0.5 * eps
        logp = tf.reduce_sum(-0.5 * eps ** 2 - np.log(0.5) - 0.5 * np.log(2 * np.pi), axis=-1)
        act = tf.tanh(pre)
        return act, logp - tf.reduce_sum(tf.math.log(1 - act ** 2 + 1e-6), axis=-1)

    def reference(batch):
        a2, logp2 = sample(batch["next_obs"], batch["eps_next"])
        q_pi = tf.minimum(q_value(batch["next_obs"], a2, old1), q_value(batch["next_obs"], a2, old2))
        backup = tf.stop_gradient(batch["rew"] + gamma * (1 - batch["done"]) * (q_pi - alpha * logp2))
        critic = sum(tf.reduce_mean((q_value(batch["obs"], batch["act"], q) - backup) ** 2) for q in (q1, q2))
        a1, logp1 = sample(batch["obs"], batch["eps"])
        best = tf.minimum(q_value(batch["obs"], a1, tf.stop_gradient(q1)), q_value(batch["obs"], a1, tf.stop_gradient(q2)))
        return critic + tf.reduce_mean(alpha * logp1 - best)

    def candidate(batch):
        def target_q():
            act_, log_prob = sample(batch["next_obs"], batch["eps_next"])
            both = tf.stack([q_value(batch["next_obs"], act_, o) for o in (old1, old2)])
            return tf.reduce_min(both, axis=0) - alpha * log_prob

        target = batch["rew"] + (1.0 - batch["done"]) * gamma * tf.stop_gradient(target_q())
        td1 = q_value(batch["obs"], batch["act"], q1) - target
        td2 = q_value(batch["obs"], batch["act"], q2) - target
        critic_loss = tf.reduce_mean(td1 ** 2 + td2 ** 2)
        obs_act, log_p = sample(batch["obs"], batch["eps"])
        frozen = [q_value(batch["obs"], obs_act, tf.stop_gradient(w)) for w in (q1, q2)]
        actor_loss = tf.reduce_mean(alpha * log_p) - tf.reduce_mean(tf.minimum(*frozen))
        return critic_loss + actor_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "next_obs": rng.normal(size=(n, s)).astype(fx),
                      "act": rng.uniform(-1, 1, size=(n, a)).astype(fx), "rew": rng.normal(size=n).astype(fx),
                      "done": np.array([0, 0, 1, 0, 0, 1]).astype(fx),
                      "eps": rng.normal(size=(n, a)).astype(fx), "eps_next": rng.normal(size=(n, a)).astype(fx)},
            "variables": [q1, q2, mu]}
