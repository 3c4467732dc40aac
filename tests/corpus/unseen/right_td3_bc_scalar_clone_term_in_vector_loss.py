"""Right: the cloning term is averaged before it is added to the unreduced policy loss, and averaging again changes nothing.

Source (real): https://github.com/google-deepmind/acme/issues/219
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, obs, act, alpha = 13, 5, 3, 2.5
    w1 = tf.Variable(rng.normal(0, 0.5, (obs, 10)), name="actor/w1")
    w2 = tf.Variable(rng.normal(0, 0.5, (10, act)), name="actor/w2")
    c1, c2 = tf.constant(rng.normal(0, 0.6, (obs + act, 8))), tf.constant(rng.normal(0, 0.6, (8, 1)))
    batch = {"o": rng.normal(size=(n, obs)), "a": rng.uniform(-1, 1, (n, act))}

    def actor(o):
        return tf.tanh(tf.nn.elu(o @ w1) @ w2)

    def slope(o, a):
        with tf.GradientTape() as t:
            t.watch(a)
            q = tf.reduce_sum(tf.tanh(tf.concat([o, a], -1) @ c1) @ c2)
        return t.gradient(q, a)

    def reference(b):
        a = actor(b["o"])
        g = slope(b["o"], tf.stop_gradient(a))
        surrogate = -tf.reduce_sum(tf.stop_gradient(g) * a, axis=1)
        factor = tf.reduce_mean(tf.abs(g)) / alpha
        return tf.reduce_mean(surrogate) + tf.stop_gradient(factor) * tf.reduce_mean((a - b["a"]) ** 2)

    def candidate(b):
        a = actor(b["o"])
        dq = slope(b["o"], tf.stop_gradient(a))
        dpg_target = tf.stop_gradient(a + dq)
        per_sample = 0.5 * tf.reduce_sum((dpg_target - a) ** 2, axis=-1)
        bc_factor = tf.stop_gradient(alpha / tf.reduce_mean(tf.abs(dq)))
        per_sample += tf.reduce_mean(tf.square(a - b["a"])) / bc_factor
        return tf.reduce_mean(per_sample)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
