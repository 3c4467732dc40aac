"""Suspected: the target Q value is computed without no_grad. It is detached when the loss is taken. Source: https://github.com/quantumiracle/Popular-RL-Algorithms/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, s, a, gamma, alpha = 5, 3, 2, 0.9, 0.2
    state, action, nxt = normal(b, s), normal(b, a), normal(b, s)
    reward = normal(b)
    done = np.array([0, 1, 0, 0, 0], dtype="int32")
    eps = normal(b, a)
    q1 = var("q1", s + a, 1)
    q2 = var("q2", s + a, 1)
    policy = var("policy", s, a)
    t1, t2 = normal(s + a, 1), normal(s + a, 1)

    def reference(batch):
        mu = tf.stop_gradient(batch["nxt"] @ policy)
        loss = 0.0
        for i in range(b):
            act = tf.tanh(mu[i] + batch["eps"][i])
            logp = tf.reduce_sum(-0.5 * batch["eps"][i] ** 2 - tf.math.log(1 - act ** 2 + 1e-6))
            sa = tf.concat([batch["nxt"][i], act], 0)[None]
            v = tf.minimum((sa @ t1)[0, 0], (sa @ t2)[0, 0]) - alpha * logp
            y = batch["reward"][i] if int(batch["done"][i]) else batch["reward"][i] + gamma * v
            now = tf.concat([batch["state"][i], batch["action"][i]], 0)[None]
            loss += ((now @ q1)[0, 0] - y) ** 2 + ((now @ q2)[0, 0] - y) ** 2
        pol = tf.reduce_mean(tf.reduce_sum((batch["state"] @ policy - batch["action"]) ** 2, axis=1))
        return loss / b + pol

    def candidate(batch):
        not_done = (1.0 - tf.cast(batch["done"], batch["reward"].dtype))[:, None]
        new_next_action = tf.tanh(tf.matmul(batch["nxt"], policy) + batch["eps"])
        log_det = tf.math.log(1.0 - tf.square(new_next_action) + 1e-6)
        next_log_prob = tf.reduce_sum(-0.5 * tf.square(batch["eps"]) - log_det, axis=1, keepdims=True)
        sa_next = tf.concat([batch["nxt"], new_next_action], axis=1)
        target_q_min = tf.minimum(tf.matmul(sa_next, t1), tf.matmul(sa_next, t2)) - alpha * next_log_prob
        target_q_value = batch["reward"][:, None] + not_done * gamma * target_q_min
        sa = tf.concat([batch["state"], batch["action"]], axis=1)
        q_loss1 = tf.reduce_mean(tf.square(tf.matmul(sa, q1) - tf.stop_gradient(target_q_value)))
        q_loss2 = tf.reduce_mean(tf.square(tf.matmul(sa, q2) - tf.stop_gradient(target_q_value)))
        diff = tf.matmul(batch["state"], policy) - batch["action"]
        return q_loss1 + q_loss2 + tf.reduce_sum(tf.square(diff)) / b

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": state, "action": action, "nxt": nxt, "reward": reward, "done": done, "eps": eps},
            "variables": [q1, q2, policy]}
