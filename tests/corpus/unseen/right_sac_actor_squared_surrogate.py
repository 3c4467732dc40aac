"""Right: the actor minimises 0.5 * |stop_gradient(dQ/da + a) - a|^2, positive and unlike -Q, with the gradient of -Q.

Source (real): https://github.com/HorizonRobotics/alf/issues/1204
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}

CONT_ALPHA = 0.15


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 10, 5, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "eps": f(n, a)}
    trunk = tf.Variable(0.5 * f(d, 8), name="trunk")
    loc = tf.Variable(0.4 * f(8, a), name="loc")
    scale = tf.Variable(0.3 * f(8, a), name="scale")
    critics = [(tf.constant(0.7 * f(d + a, 8)), tf.constant(f(8, 1))) for _ in range(2)]

    def actor(obs, eps):
        h = tf.nn.elu(tf.matmul(obs, trunk))
        std = tf.nn.softplus(tf.matmul(h, scale)) + 0.1
        action = tf.matmul(h, loc) + std * eps
        log_pi = tf.reduce_sum(-0.5 * tf.square(eps) - tf.math.log(std) - 0.5 * np.log(2 * np.pi), axis=1)
        return action, log_pi

    def q_value(obs, action):
        x = tf.concat([obs, action], axis=1)
        return tf.reduce_min(tf.stack([tf.matmul(tf.tanh(tf.matmul(x, w)), v)[:, 0] for w, v in critics]), axis=0)

    def reference(b):
        action, log_pi = actor(b["obs"], b["eps"])
        return tf.reduce_mean(CONT_ALPHA * log_pi - q_value(b["obs"], action))

    def element_wise_squared_loss(x, y):
        return tf.square(x - y)

    def candidate(b):
        action, continuous_log_pi = actor(b["obs"], b["eps"])
        with tf.GradientTape() as tape:
            tape.watch(action)
            q_sum = tf.reduce_sum(q_value(b["obs"], action))
        dqda = tape.gradient(q_sum, action)
        actor_loss = 0.5 * element_wise_squared_loss(tf.stop_gradient(dqda + action), action)
        actor_loss = tf.reduce_sum(actor_loss, axis=1)
        return tf.reduce_mean(actor_loss + CONT_ALPHA * continuous_log_pi)

    return {"variables": [trunk, loc, scale], "batch": batch, "reference": reference, "candidate": candidate}
