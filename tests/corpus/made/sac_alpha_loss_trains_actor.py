"""SAC with one tape for actor and temperature: the temperature loss uses the live log-probability, so it also
pushes the policy.

Source: realistic (implementations that sum all losses for a single optimizer).
Right answer: NOT equivalent; loss values agree, the policy's gradient carries an extra entropy term, log_alpha's is right.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "alpha_loss = -tf.reduce_mean(log_alpha * (log_pi + _TARGET_ENTROPY))",
    "same_forward_value": True,
}

_TARGET_ENTROPY = -2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 28, 5, 2

    def arr(*s, k=0.5):
        return (k * rng.standard_normal(s)).astype(f)

    mean_w = tf.Variable(arr(d, acts), name="mean_w")
    std_w = tf.Variable(arr(d, acts, k=0.3), name="std_w")
    log_alpha = tf.Variable(np.asarray(-0.7, f), name="log_alpha")
    q_w = tf.constant(arr(d + acts, 1, k=0.8))
    batch = {"obs": arr(n, d, k=1.0), "eps": arr(n, acts, k=1.0)}

    def policy(obs, eps):
        log_std = tf.tanh(obs @ std_w) - 0.5
        act = obs @ mean_w + tf.exp(log_std) * eps
        log_pi = tf.reduce_sum(-0.5 * tf.square(eps) - log_std - 0.9189385, axis=-1)
        return act, log_pi

    def critic(obs, act):
        return tf.sin(tf.concat([obs, act], -1) @ q_w)[:, 0]

    def reference(b):
        m = b["obs"].shape[0]
        total = 0.0
        for i in range(m):
            o = b["obs"][i : i + 1]
            a, lp = policy(o, b["eps"][i : i + 1])
            total += tf.exp(tf.stop_gradient(log_alpha)) * lp[0] - critic(o, a)[0]
            total -= log_alpha * (tf.stop_gradient(lp[0]) + _TARGET_ENTROPY)
        return total / m

    def candidate(b):
        act, log_pi = policy(b["obs"], b["eps"])
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        actor_loss = tf.reduce_mean(alpha * log_pi - critic(b["obs"], act))
        alpha_loss = -tf.reduce_mean(log_alpha * (log_pi + _TARGET_ENTROPY))
        return actor_loss + alpha_loss

    return {"variables": [mean_w, std_w, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
