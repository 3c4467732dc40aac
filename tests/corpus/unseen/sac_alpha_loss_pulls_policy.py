"""The temperature loss does not detach log_pi, so it also trains the policy.

Source (real): https://github.com/mani-skill/ManiSkill/issues/899
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "alpha_loss = tf.reduce_mean(-tf.exp(log_alpha) * (log_pi + target_entropy))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 14, 4, 2
    f = lambda s, *sh: (s * rng.normal(size=sh)).astype(np.float32)
    w_mu = tf.Variable(f(0.5, d, a), name="fc_mean")
    w_ls = tf.Variable(f(0.3, d, a), name="fc_logstd")
    log_alpha = tf.Variable(-0.3, name="log_alpha")
    wq = [f(0.5, d + a, 8), f(0.5, 8, 1)]
    target_entropy = -float(a)
    batch = {"obs": f(1.0, n, d), "eps": f(1.0, n, a)}

    def sample(b):
        mean = tf.matmul(b["obs"], w_mu)
        log_std = tf.tanh(tf.matmul(b["obs"], w_ls)) - 0.5
        x = mean + tf.exp(log_std) * b["eps"]
        y = tf.tanh(x)
        normal = -0.5 * tf.square(b["eps"]) - log_std - 0.5 * np.log(2 * np.pi)
        log_prob = normal - tf.math.log(1.0 - tf.square(y) + 1e-6)
        return y, tf.reduce_sum(log_prob, axis=1, keepdims=True)

    def q(o, act):
        return tf.matmul(tf.nn.relu(tf.matmul(tf.concat([o, act], 1), wq[0])), wq[1])

    def reference(b):
        pi, log_pi = sample(b)
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        actor_loss = tf.reduce_mean(alpha * log_pi - q(b["obs"], pi))
        alpha_loss = -tf.reduce_mean(tf.exp(log_alpha) * tf.stop_gradient(log_pi + target_entropy))
        return actor_loss + alpha_loss

    def candidate(b):
        pi, log_pi = sample(b)
        q_pi = q(b["obs"], pi)
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        actor_loss = tf.reduce_mean(alpha * log_pi - q_pi)
        alpha_loss = tf.reduce_mean(-tf.exp(log_alpha) * (log_pi + target_entropy))
        return actor_loss + alpha_loss

    return {"variables": [w_mu, w_ls, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
