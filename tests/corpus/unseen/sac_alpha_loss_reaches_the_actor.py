"""The temperature loss does not stop the gradient at log_pi, so it also trains the actor.

Source (real): https://github.com/mani-skill/ManiSkill/issues/899
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'alpha_loss = tf.reduce_mean(-tf.exp(log_alpha) * (log_pi + target_entropy))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 10, 4, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "noise": f(n, a)}
    W = tf.Variable(0.4 * f(d, 8), name="W")
    Wm = tf.Variable(0.4 * f(8, a), name="Wm")
    Ws = tf.Variable(0.2 * f(8, a), name="Ws")
    log_alpha = tf.Variable(np.float32(-0.3 + 0.1 * rng.normal()), name="log_alpha")
    q1 = tf.constant(f(d + a, 6)), tf.constant(f(6, 1))
    q2 = tf.constant(f(d + a, 6)), tf.constant(f(6, 1))
    target_entropy = -float(a)

    def sample(obs, noise):
        h = tf.nn.relu(tf.matmul(obs, W))
        mean, log_std = tf.matmul(h, Wm), tf.clip_by_value(tf.matmul(h, Ws) - 0.5, -5.0, 2.0)
        u = mean + tf.exp(log_std) * noise
        logp = -0.5 * tf.square(noise) - log_std - 0.5 * np.log(2 * np.pi)
        logp -= 2.0 * (np.log(2.0) - u - tf.nn.softplus(-2.0 * u))
        return tf.tanh(u), tf.reduce_sum(logp, axis=-1)

    def q_value(net, obs, act):
        return tf.matmul(tf.tanh(tf.matmul(tf.concat([obs, act], -1), net[0])), net[1])[:, 0]

    def actor_loss(obs, pi, log_pi):
        min_q = tf.minimum(q_value(q1, obs, pi), q_value(q2, obs, pi))
        return tf.reduce_mean(tf.stop_gradient(tf.exp(log_alpha)) * log_pi - min_q)

    def reference(b):
        pi, log_pi = sample(b["obs"], b["noise"])
        gap = tf.stop_gradient(log_pi) + target_entropy
        return actor_loss(b["obs"], pi, log_pi) - tf.exp(log_alpha) * tf.reduce_mean(gap)

    def candidate(b):
        pi, log_pi = sample(b["obs"], b["noise"])
        pi_loss = actor_loss(b["obs"], pi, log_pi)
        alpha_loss = tf.reduce_mean(-tf.exp(log_alpha) * (log_pi + target_entropy))
        return pi_loss + alpha_loss

    return {"variables": [W, Wm, Ws, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
