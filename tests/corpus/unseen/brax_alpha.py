"""SAC temperature: the parameter holds log alpha, yet the gradient that reaches it is the one with respect to alpha.
Source: https://github.com/google/brax/issues/139"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "alpha = alpha_params",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, k = 6, 4, 2
    alpha_params = tf.Variable(-1.2, dtype=fx, name="log_alpha")
    pol = tf.Variable(rng.standard_normal((d, 2 * k)) * 0.4, dtype=fx, name="policy")
    target_entropy = -0.5 * k

    def sample(obs, noise):
        loc, raw = tf.split(tf.matmul(obs, pol), 2, axis=-1)
        scale = tf.nn.softplus(raw) + 1e-3
        pre = loc + scale * noise
        lp = -0.5 * tf.square(noise) - tf.math.log(scale) - 0.5 * float(np.log(2 * np.pi))
        lp -= 2.0 * (float(np.log(2.0)) - pre - tf.nn.softplus(-2.0 * pre))
        return tf.tanh(pre), tf.reduce_sum(lp, axis=-1)

    def q_value(obs, act):
        return tf.reduce_sum(tf.sin(obs[:, :k] + act), axis=-1)

    def reference(batch):
        act, logp = sample(batch["obs"], batch["eps"])
        temperature = tf.exp(alpha_params)
        temp_loss = temperature * tf.reduce_mean(tf.stop_gradient(-logp - target_entropy))
        pi_loss = tf.reduce_mean(tf.stop_gradient(temperature) * logp - q_value(batch["obs"], act))
        return temp_loss + pi_loss

    def candidate(batch):
        def alpha_loss(log_prob):
            alpha = alpha_params
            return tf.reduce_mean(alpha * tf.stop_gradient(-log_prob - target_entropy))

        def actor_loss(action, log_prob, coef):
            return tf.reduce_mean(coef * log_prob - q_value(batch["obs"], action))

        action, log_prob = sample(batch["obs"], batch["eps"])
        coef = tf.stop_gradient(tf.exp(alpha_params))
        return alpha_loss(log_prob) + actor_loss(action, log_prob, coef)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, d)).astype(fx), "eps": rng.standard_normal((n, k)).astype(fx)},
            "variables": [alpha_params, pol]}
