"""The soft Q target is reported to lack the entropy of the next action.
Source: https://github.com/rail-berkeley/rlkit/issues/43"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'next_value = tf.minimum(next_q[0], next_q[1])',
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

    n, d, m, h = 6, 3, 2, 5
    k1, o1 = var("k1", d + m, h), var("o1", h, 1)
    k2, o2 = var("k2", d + m, h), var("o2", h, 1)
    frozen = [tuple(tf.constant(p.numpy() + 0.3) for p in pair) for pair in ((k1, o1), (k2, o2))]

    def q(x, pair):
        return (tf.nn.relu(x @ pair[0]) @ pair[1])[:, 0]

    def reference(batch):
        s_next = tf.concat([batch["next_obs"], batch["next_act"]], 1)
        soft_v = tf.minimum(q(s_next, frozen[0]), q(s_next, frozen[1])) - batch["alpha"] * batch["next_logp"]
        y = tf.stop_gradient(batch["rew"] + batch["gamma"] * (1.0 - batch["term"]) * soft_v)
        s = tf.concat([batch["obs"], batch["act"]], 1)
        return sum(tf.reduce_mean((q(s, p) - y) ** 2) for p in ((k1, o1), (k2, o2)))

    def candidate(batch):
        here = tf.concat([batch["obs"], batch["act"]], axis=1)
        there = tf.concat([batch["next_obs"], batch["next_act"]], axis=1)
        next_q = tf.stack([q(there, pair) for pair in frozen])
        next_value = tf.minimum(next_q[0], next_q[1])
        bootstrap = batch["gamma"] * (1.0 - batch["term"]) * next_value
        q_target = tf.stop_gradient(batch["rew"] + bootstrap)
        preds = tf.stack([q(here, (k1, o1)), q(here, (k2, o2))])
        errors = preds - q_target[None, :]
        return tf.reduce_sum(tf.reduce_mean(tf.square(errors), axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "act": arr(n, m), "next_obs": arr(n, d), "next_act": arr(n, m),
                      "next_logp": arr(n) - 1.5, "rew": arr(n), "term": np.array([0, 0, 1, 0, 0, 1], f),
                      "alpha": np.asarray(0.4, f), "gamma": np.asarray(0.97, f)},
            "variables": [k1, o1, k2, o2]}
