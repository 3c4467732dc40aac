"""TD3-BC: the deterministic policy gradient surrogate is averaged over the action's components instead of summed, which changes its balance with the cloning term.

Source (real): https://github.com/google-deepmind/acme/pull/249
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'dpg = tf.reduce_mean(tf.square(goal - a), axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, obs, act, bc_alpha = 14, 5, 4, 2.5
    actor = tf.keras.Sequential([tf.keras.layers.Dense(10, activation="relu"), tf.keras.layers.Dense(act, activation="tanh")])
    actor.build((None, obs))
    for v in actor.trainable_variables:
        v.assign(rng.normal(0, 0.5, v.shape))
    k1 = tf.constant(rng.normal(0, 0.6, (obs + act, 8)), tf.float32)
    k2 = tf.constant(rng.normal(0, 0.6, (8, 1)), tf.float32)
    batch = {"obs": rng.normal(size=(n, obs)).astype(np.float32),
             "act": rng.uniform(-1, 1, (n, act)).astype(np.float32)}

    def critic(o, a):
        return tf.squeeze(tf.tanh(tf.concat([o, a], -1) @ k1) @ k2, -1)

    def dq_da(o, a):
        with tf.GradientTape() as t:
            t.watch(a)
            q = critic(o, a)
        return t.gradient(q, a), q

    def bc_term(b, a, q):
        lam = bc_alpha / tf.reduce_mean(tf.abs(q))
        return tf.reduce_mean((a - b["act"]) ** 2) / tf.stop_gradient(lam)

    def reference(b):
        a = actor(b["obs"])
        _, q_const = dq_da(b["obs"], tf.stop_gradient(a))
        q = critic(b["obs"], a)
        return -tf.reduce_mean(q) + bc_term(b, a, q_const)

    def candidate(b):
        a = actor(b["obs"])
        grad, q = dq_da(b["obs"], tf.stop_gradient(a))
        goal = tf.stop_gradient(a + grad)
        dpg = tf.reduce_mean(tf.square(goal - a), axis=-1)
        policy = 0.5 * tf.reduce_mean(dpg)
        return policy + bc_term(b, a, q)

    return {"variables": actor.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
