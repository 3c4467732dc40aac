"""Option-critic actor loss: the termination probability multiplied with the next-state advantage is evaluated at the
current observation. Source: https://github.com/lweitkamp/option-critic-pytorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "index",
            "line_marker": "option_term_prob = tf.gather(terminations(batch[\"obs\"]), batch[\"option\"], batch_dims=1)",
            "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, O, A, gamma, reg = 6, 4, 3, 4, 0.9, 0.01
    tw = tf.Variable(rng.normal(size=(d, O)).astype(fx), name="term_w")
    ow = tf.Variable(rng.normal(size=(O, d, A)).astype(fx), name="option_w")

    def reference(batch):
        parts = []
        for i in range(B):
            o, a = int(batch["option"][i]), int(batch["action"][i])
            beta_next = tf.sigmoid(tf.tensordot(batch["next_obs"][i], tw, 1)[o])
            qn, q = batch["q_next"][i], batch["q"][i]
            beta_const = tf.stop_gradient(beta_next)
            alive = 1.0 - batch["done"][i]
            g = batch["reward"][i] + alive * gamma * ((1 - beta_const) * qn[o] + beta_const * tf.reduce_max(qn))
            logp = tf.nn.log_softmax(tf.tensordot(batch["obs"][i], ow[o], 1))
            policy = -logp[a] * (g - q[o]) + 0.05 * tf.reduce_sum(tf.exp(logp) * logp)
            term = beta_next * (qn[o] - tf.reduce_max(qn) + reg) * alive
            parts.append(policy + term)
        return tf.reduce_mean(tf.stack(parts))

    def candidate(batch):
        def terminations(x):
            return tf.sigmoid(tf.matmul(x, tw))

        option_term_prob = tf.gather(terminations(batch["obs"]), batch["option"], batch_dims=1)
        next_option_term_prob = tf.stop_gradient(
            tf.gather(terminations(batch["next_obs"]), batch["option"], batch_dims=1))
        next_q_o = tf.gather(batch["q_next"], batch["option"], batch_dims=1)
        next_v = tf.reduce_max(batch["q_next"], axis=-1)
        gt = batch["reward"] + (1 - batch["done"]) * gamma * (
            (1 - next_option_term_prob) * next_q_o + next_option_term_prob * next_v)
        termination_loss = option_term_prob * (next_q_o - next_v + reg) * (1 - batch["done"])
        logits = tf.einsum("bd,bda->ba", batch["obs"], tf.gather(ow, batch["option"]))
        log_all = tf.nn.log_softmax(logits, axis=-1)
        logp = tf.gather(log_all, batch["action"], batch_dims=1)
        entropy = -tf.reduce_sum(tf.exp(log_all) * log_all, axis=-1)
        q_o = tf.gather(batch["q"], batch["option"], batch_dims=1)
        policy_loss = -logp * (gt - q_o) - 0.05 * entropy
        return tf.reduce_mean(termination_loss + policy_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(B, d)).astype(fx), "next_obs": rng.normal(size=(B, d)).astype(fx),
                      "option": rng.integers(0, O, B), "action": rng.integers(0, A, B),
                      "q": rng.normal(size=(B, O)).astype(fx), "q_next": (2 * rng.normal(size=(B, O))).astype(fx),
                      "reward": rng.normal(size=B).astype(fx), "done": np.array([0, 0, 1, 0, 0, 0]).astype(fx)},
            "variables": [tw, ow]}
