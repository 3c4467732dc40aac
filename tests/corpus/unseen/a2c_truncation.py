"""A2C drops the bootstrap value at time limits since terminated and truncated are joined in one done mask.
Source: https://github.com/jsboige/CoursIA/pull/7821"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "done = tf.maximum(batch['terminated'], batch['truncated'])",
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

    n, d, n_act = 7, 4, 2
    actor, c1, c2 = var("actor", d, n_act), var("c1", d, 6), var("c2", 6, 1)

    def value(x):
        return tf.squeeze(tf.tanh(x @ c1) @ c2, -1)

    def reference(batch):
        v = value(batch["obs"])
        nxt = tf.stop_gradient(value(batch["next_obs"]))
        y = tf.where(batch["terminated"] > 0, batch["rew"], batch["rew"] + batch["gamma"] * nxt)
        adv = y - v
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["act"], logits=batch["obs"] @ actor)
        return tf.reduce_mean(ce * tf.stop_gradient(adv)) + 0.5 * tf.reduce_mean(adv ** 2)

    def candidate(batch):
        done = tf.maximum(batch['terminated'], batch['truncated'])
        values = value(batch["obs"])
        next_values = (1.0 - done) * value(batch["next_obs"])
        td_target = tf.stop_gradient(batch["rew"] + batch["gamma"] * next_values)
        advantage = td_target - values
        log_prob = tf.nn.log_softmax(tf.matmul(batch["obs"], actor))
        log_prob = tf.gather(log_prob, batch["act"], batch_dims=1)
        policy_loss = -tf.reduce_mean(log_prob * tf.stop_gradient(advantage))
        value_loss = tf.reduce_mean(tf.square(advantage))
        return policy_loss + 0.5 * value_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "next_obs": 2 * arr(n, d), "act": rng.integers(0, n_act, n), "rew": np.ones(n, f),
                      "terminated": np.array([0, 1, 0, 0, 0, 0, 0], f), "truncated": np.array([0, 0, 0, 1, 0, 1, 1], f),
                      "gamma": np.asarray(0.99, f)},
            "variables": [actor, c1, c2]}
