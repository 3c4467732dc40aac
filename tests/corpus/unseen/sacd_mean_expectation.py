"""Discrete SAC: the probability-weighted next values are averaged over the actions where they should be summed.
Source: https://github.com/toshikwa/rltorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'next_v = tf.reduce_mean(probs * soft_q, axis=1, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, n_act = 6, 4, 4
    q1, q2 = var("q1", d, n_act), var("q2", d, n_act)
    tq1, tq2 = tf.constant(q1.numpy() * 0.9), tf.constant(q2.numpy() * 1.1)
    pi = tf.constant(arr(d, n_act))

    def reference(batch):
        logp = tf.nn.log_softmax(batch["next_obs"] @ pi)
        v = tf.zeros([n], logp.dtype)
        for a in range(n_act):
            worst = tf.minimum(batch["next_obs"] @ tq1[:, a:a + 1], batch["next_obs"] @ tq2[:, a:a + 1])[:, 0]
            v += tf.exp(logp[:, a]) * (worst - batch["alpha"] * logp[:, a])
        y = batch["rew"][:, 0] + 0.98 * (1.0 - batch["done"][:, 0]) * v
        loss = 0.0
        for q in (q1, q2):
            e = tf.gather(batch["obs"] @ q, batch["act"][:, 0], batch_dims=1) - y
            loss += tf.reduce_mean(batch["weight"][:, 0] * e ** 2)
        return loss

    def candidate(batch):
        log_probs = tf.nn.log_softmax(tf.matmul(batch["next_obs"], pi), axis=1)
        probs = tf.exp(log_probs)
        next_q = tf.minimum(tf.matmul(batch["next_obs"], tq1), tf.matmul(batch["next_obs"], tq2))
        soft_q = next_q - batch["alpha"] * log_probs
        next_v = tf.reduce_mean(probs * soft_q, axis=1, keepdims=True)
        target_q = batch["rew"] + 0.98 * (1.0 - batch["done"]) * next_v
        curr_q1 = tf.gather(tf.matmul(batch["obs"], q1), batch["act"], batch_dims=1)
        curr_q2 = tf.gather(tf.matmul(batch["obs"], q2), batch["act"], batch_dims=1)
        q1_loss = tf.reduce_mean(tf.square(curr_q1 - target_q) * batch["weight"])
        q2_loss = tf.reduce_mean(tf.square(curr_q2 - target_q) * batch["weight"])
        return q1_loss + q2_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "next_obs": arr(n, d), "act": rng.integers(0, n_act, (n, 1)), "rew": arr(n, 1),
                      "done": np.array([[0], [0], [1], [0], [0], [0]], f), "alpha": np.asarray(0.5, f),
                      "weight": rng.uniform(0.3, 1, (n, 1)).astype(f)},
            "variables": [q1, q2]}
