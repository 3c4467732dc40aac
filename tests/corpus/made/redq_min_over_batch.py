"""REDQ/TD3 actor: tf.stack puts the critics first, but the minimum is taken over the last axis (the batch).

Source (realistic): ensembles written as tf.stack([q(s, a) for q in critics]) with the default axis=0; the actor loss
is a scalar either way, so no shape error appears.
Right answer: NOT equivalent; only one sample per critic receives a gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "pessimistic = tf.reduce_min(qs, axis=-1)",
    "same_forward_value": False,
}


def make_critic(kernel):
    return lambda s, a: tf.squeeze(tf.sin(tf.concat([s, a], axis=-1) @ kernel), axis=-1)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts, members = 23, 5, 7, 2, 4
    actor = keras.Sequential(
        [
            keras.layers.Dense(hid, activation="elu", name="actor_hidden", dtype=f),
            keras.layers.Dense(acts, activation="tanh", name="actor_out", dtype=f),
        ]
    )
    actor.build((None, d))
    actor.set_weights([0.5 * rng.standard_normal(p.shape) for p in actor.get_weights()])
    critics = [make_critic(tf.constant((0.6 * rng.standard_normal((d + acts, 1))).astype(f))) for _ in range(members)]
    batch = {"obs": rng.standard_normal((n, d)).astype(f)}

    def reference(b):
        m = b["obs"].shape[0]
        total = 0.0
        for i in range(m):
            s = b["obs"][i : i + 1]
            a = actor(s)
            worst = critics[0](s, a)[0]
            for c in critics[1:]:
                worst = tf.minimum(worst, c(s, a)[0])
            total += 0.01 * tf.reduce_sum(tf.square(a)) - worst
        return total / m

    def candidate(b):
        a = actor(b["obs"])
        qs = tf.stack([c(b["obs"], a) for c in critics])
        pessimistic = tf.reduce_min(qs, axis=-1)
        reg = 0.01 * tf.reduce_mean(tf.reduce_sum(a**2, axis=1))
        return reg - tf.reduce_mean(pessimistic)

    return {
        "variables": actor.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
