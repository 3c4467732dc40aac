"""Continuous CQL: the critic's values at the sampled actions are cut from the graph, so out-of-distribution actions are never pushed down.

Source (real): https://github.com/EmptyJackson/unifloral/pull/7
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'ood = tf.stop_gradient(tf.concat([q_rand, q_pi], axis=-1))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, obs, act, m, k, hid = 12, 4, 2, 5, 2, 10
    w1 = tf.Variable(rng.normal(0, 0.5, (k, obs + act, hid)), name="critic/w1")
    b1 = tf.Variable(rng.normal(0, 0.1, (k, 1, hid)), name="critic/b1")
    w2 = tf.Variable(rng.normal(0, 0.5, (k, hid, 1)), name="critic/w2")
    temp, weight = 1.5, 0.7
    batch = {
        "s": rng.normal(size=(n, obs)), "a": rng.uniform(-1, 1, (n, act)),
        "target": rng.normal(size=n),
        "rand_a": rng.uniform(-1, 1, (n, m, act)),
        "pi_a": np.tanh(rng.normal(size=(n, m, act))),
        "pi_logp": rng.normal(-1.0, 0.3, (n, m)),
    }

    def critics(s, a):                      # -> (k, rows)
        x = tf.concat([s, a], -1)
        h = tf.nn.elu(tf.einsum("nd,kdh->knh", x, w1) + b1)
        return tf.einsum("knh,kho->kn", h, w2)

    def critics_many(s, a):                 # a: (n, m, act) -> (k, n, m)
        s_rep = tf.repeat(s, m, axis=0)
        return tf.reshape(critics(s_rep, tf.reshape(a, [-1, act])), [k, n, m])

    def reference(b):
        q = critics(b["s"], b["a"])
        td = tf.reduce_sum(tf.reduce_mean((q - b["target"][None]) ** 2, axis=1))
        q_rand = critics_many(b["s"], b["rand_a"]) - act * np.log(0.5)
        q_pi = critics_many(b["s"], b["pi_a"]) - b["pi_logp"][None]
        push_down = temp * tf.reduce_logsumexp(tf.concat([q_rand, q_pi], -1) / temp, axis=-1)
        return td + weight * tf.reduce_sum(tf.reduce_mean(push_down - q, axis=1))

    def candidate(b):
        q = critics(b["s"], b["a"])
        td = tf.reduce_sum(tf.reduce_mean((q - b["target"][None]) ** 2, axis=1))
        q_rand = critics_many(b["s"], b["rand_a"]) - act * np.log(0.5)
        q_pi = critics_many(b["s"], b["pi_a"]) - b["pi_logp"][None]
        ood = tf.stop_gradient(tf.concat([q_rand, q_pi], axis=-1))
        push_down = temp * tf.reduce_logsumexp(ood / temp, axis=-1)
        gap = tf.reduce_mean(push_down - q, axis=1)
        return td + weight * tf.reduce_sum(gap)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
