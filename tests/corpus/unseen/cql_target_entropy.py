"""RLlib CQL shares the SAC actor but its critic target leaves out the entropy term alpha * log_pi of the
next action, unlike the SAC critic on which it is built.
Source: https://github.com/ray-project/ray/issues/16694"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'q_next = tf.minimum(tq1, tq2)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    n, s_dim, n_act, alpha, gamma = 6, 4, 3, 0.4, 0.95
    w1 = tf.Variable(rng.normal(size=(s_dim, n_act)).astype(F), name="q1")
    w2 = tf.Variable(rng.normal(size=(s_dim, n_act)).astype(F), name="q2")
    t1 = tf.constant(rng.normal(size=(s_dim, n_act)).astype(F))
    t2 = tf.constant(rng.normal(size=(s_dim, n_act)).astype(F))
    pi = tf.constant(rng.normal(size=(s_dim, n_act)).astype(F))

    def reference(batch):
        logp_all = tf.nn.log_softmax(batch["next_obs"] @ pi)
        a_next = tf.one_hot(batch["next_act"], n_act, dtype=F)
        logp = tf.reduce_sum(logp_all * a_next, 1)
        best = tf.minimum(tf.reduce_sum(batch["next_obs"] @ t1 * a_next, 1),
                          tf.reduce_sum(batch["next_obs"] @ t2 * a_next, 1)) - alpha * logp
        backup = tf.stop_gradient(batch["rew"] + gamma * (1 - batch["done"]) * best)
        a = tf.one_hot(batch["act"], n_act, dtype=F)
        total = 0.0
        for w in (w1, w2):
            q = batch["obs"] @ w
            chosen = tf.reduce_sum(q * a, 1)
            total += tf.reduce_mean((chosen - backup) ** 2)
            total += 0.5 * tf.reduce_mean(tf.reduce_logsumexp(q, 1) - chosen)
        return total

    def candidate(batch):
        tq1 = tf.gather(tf.matmul(batch["next_obs"], t1), batch["next_act"], batch_dims=1)
        tq2 = tf.gather(tf.matmul(batch["next_obs"], t2), batch["next_act"], batch_dims=1)
        q_next = tf.minimum(tq1, tq2)
        not_done = 1.0 - batch["done"]
        target = tf.stop_gradient(batch["rew"] + gamma * not_done * q_next)

        def head(w):
            q_all = tf.matmul(batch["obs"], w)
            q_sel = tf.gather(q_all, batch["act"], batch_dims=1)
            td = tf.reduce_mean(tf.square(q_sel - target))
            conservative = tf.reduce_mean(tf.reduce_logsumexp(q_all, axis=1)) - tf.reduce_mean(q_sel)
            return td + 0.5 * conservative

        return head(w1) + head(w2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s_dim)).astype(F), "next_obs": rng.normal(size=(n, s_dim)).astype(F),
                      "act": rng.integers(0, n_act, n), "next_act": rng.integers(0, n_act, n),
                      "rew": rng.normal(size=n).astype(F), "done": np.array([0, 0, 1, 0, 0, 0]).astype(F)},
            "variables": [w1, w2]}
