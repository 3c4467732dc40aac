"""SAC with a separate value network: the backup of the value from the two Q networks and the policy's entropy.
Source: https://github.com/Unity-Technologies/ml-agents/pull/4722"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'stop_gradient',
    "line_marker": "v_target = tf.reduce_sum(probs * v_backup, axis=1)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, s, a = 6, 4, 3
    mk = lambda k, sh: tf.Variable(rng.normal(0, 0.6, sh).astype(fx), name=k)
    wpi, wq1, wq2, wv = mk("policy", (s, a)), mk("q1", (s, a)), mk("q2", (s, a)), mk("value", (s, 1))
    alpha, gamma = 0.2, 0.95

    def reference(batch):
        obs = batch["obs"]
        prob = tf.nn.softmax(obs @ wpi)
        logp = tf.math.log(prob)
        q1, q2 = obs @ wq1, obs @ wq2
        onehot = tf.one_hot(batch["act"], a, dtype=prob.dtype)
        backup_q = batch["rew"] + gamma * (1 - batch["done"]) * batch["next_v"]
        loss_q = sum(0.5 * tf.reduce_mean((backup_q - tf.reduce_sum(q * onehot, 1)) ** 2) for q in (q1, q2))
        soft = tf.reduce_sum(prob * (tf.minimum(q1, q2) - alpha * logp), axis=1)
        loss_v = 0.5 * tf.reduce_mean((obs @ wv - tf.stop_gradient(soft)[:, None]) ** 2)
        q_fix = tf.stop_gradient(q1)
        loss_pi = tf.reduce_mean(tf.reduce_sum(prob * (alpha * logp - q_fix), axis=1))
        return loss_q + loss_v + loss_pi

    def candidate(batch):
        log_probs = tf.nn.log_softmax(batch["obs"] @ wpi)
        probs = tf.exp(log_probs)
        q1p, q2p = batch["obs"] @ wq1, batch["obs"] @ wq2
        values = tf.squeeze(batch["obs"] @ wv, axis=1)
        q1_a = tf.gather(q1p, batch["act"], batch_dims=1)
        q2_a = tf.gather(q2p, batch["act"], batch_dims=1)
        q_backup = batch["rew"] + (1.0 - batch["done"]) * gamma * batch["next_v"]
        q1_loss = 0.5 * tf.reduce_mean(tf.square(q_backup - q1_a))
        q2_loss = 0.5 * tf.reduce_mean(tf.square(q_backup - q2_a))
        v_backup = tf.minimum(q1p, q2p) - alpha * log_probs
        v_target = tf.reduce_sum(probs * v_backup, axis=1)
        value_loss = 0.5 * tf.reduce_mean(tf.math.squared_difference(values, v_target))
        policy_q = alpha * log_probs - tf.stop_gradient(q1p)
        policy_loss = tf.reduce_mean(tf.reduce_sum(probs * policy_q, axis=1))
        return q1_loss + q2_loss + value_loss + policy_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "act": rng.integers(0, a, n).astype("int32"),
                      "rew": rng.normal(size=n).astype(fx), "done": (rng.uniform(size=n) < 0.3).astype(fx),
                      "next_v": rng.normal(size=n).astype(fx)},
            "variables": [wpi, wq1, wq2, wv]}
