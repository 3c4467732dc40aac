"""softlearning SAC: a user suspects that alpha = exp(log_alpha) needs a stop_gradient in the critic loss. The whole target is stopped
later, so the critic loss is right as it is.
Source: https://github.com/rail-berkeley/softlearning/issues/60"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act, gamma = 18, 5, 2, 0.99
    log_alpha = tf.Variable(np.asarray(-1.1, dtype=f), name="log_alpha")
    q1, q2 = keras.layers.Dense(1, name="q1"), keras.layers.Dense(1, name="q2")
    for q in (q1, q2):
        q.build((None, obs + act))
    t1, t2 = (tf.Variable(rng.normal(size=(obs + act, 1)).astype(f), name=k) for k in ("target_q1", "target_q2"))
    policy = tf.Variable(rng.normal(size=(obs, act)).astype(f) * 0.5, name="policy")
    batch = {
        "state": rng.normal(size=(n, obs)).astype(f),
        "action": rng.uniform(-1, 1, size=(n, act)).astype(f),
        "reward": rng.normal(size=(n, 1)).astype(f),
        "next_state": rng.normal(size=(n, obs)).astype(f),
        "eps": rng.normal(size=(n, act)).astype(f),
        "done": (rng.random((n, 1)) < 0.3).astype(f),
    }

    def evaluate(state, eps, weights):
        z = state @ weights + 0.3 * eps
        a = tf.tanh(z)
        lp = -0.5 * eps ** 2 - np.log(0.3) - 0.5 * np.log(2 * np.pi) - tf.math.log(1 - a ** 2 + 1e-6)
        return a, tf.reduce_sum(lp, axis=1, keepdims=True)

    def reference(batch):
        pol, w1, w2, temperature = (tf.constant(v.numpy()) for v in (policy, t1, t2, log_alpha))
        a, lp = evaluate(batch["next_state"], batch["eps"], pol)
        sa = tf.concat([batch["next_state"], a], axis=1)
        soft = tf.minimum(sa @ w1, sa @ w2) - tf.exp(temperature) * lp
        y = batch["reward"] + gamma * tf.where(batch["done"] > 0.5, tf.zeros_like(soft), soft)
        y = tf.stop_gradient(y)
        now = tf.concat([batch["state"], batch["action"]], axis=1)
        return sum(tf.reduce_sum(tf.square(tf.squeeze(y - q(now), 1))) / n for q in (q1, q2))

    def candidate(batch):
        mse = keras.losses.MeanSquaredError()
        alpha = tf.exp(log_alpha)
        predicted_q_value1 = q1(tf.concat([batch["state"], batch["action"]], 1))
        predicted_q_value2 = q2(tf.concat([batch["state"], batch["action"]], 1))
        new_next_action, next_log_prob = evaluate(batch["next_state"], batch["eps"], policy)
        inp = tf.concat([batch["next_state"], new_next_action], 1)
        target_q_min = tf.minimum(tf.matmul(inp, t1), tf.matmul(inp, t2)) - alpha * next_log_prob
        target_q_value = batch["reward"] + (1 - batch["done"]) * gamma * target_q_min
        q_value_loss1 = mse(tf.stop_gradient(target_q_value), predicted_q_value1)
        q_value_loss2 = mse(tf.stop_gradient(target_q_value), predicted_q_value2)
        return q_value_loss1 + q_value_loss2

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": q1.trainable_variables + q2.trainable_variables}
