"""SAC's temperature loss multiplies with log(alpha) where the paper's equation 18 has alpha.

Source (real): https://github.com/thu-ml/tianshou/pull/565 (PyTorch; reported in #258).
Right answer: NOT equivalent; only the temperature gets another gradient (by a factor alpha).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "alpha_loss = -tf.reduce_mean(self.log_alpha * log_prob)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, target_entropy = 26, 4, 2, -2.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    mu_w = tf.Variable(0.5 * arr(d, acts), name="actor_mu")
    sigma_w = tf.Variable(0.3 * arr(d, acts), name="actor_sigma")
    log_alpha_var = tf.Variable(np.array(-0.9, f), name="log_alpha")
    k1, k2 = (tf.constant(0.6 * arr(d + acts, 1)) for _ in range(2))
    batch = {"obs": arr(n, d), "eps": arr(n, acts)}

    def act(obs, eps):
        log_sigma = tf.clip_by_value(obs @ sigma_w, -5.0, 2.0)
        u = obs @ mu_w + tf.exp(log_sigma) * eps
        logp = -0.5 * eps**2 - log_sigma - 0.5 * np.log(2 * np.pi) - tf.math.log(1.0 - tf.tanh(u) ** 2 + 1e-6)
        return tf.tanh(u), tf.reduce_sum(logp, axis=-1)

    def min_q(obs, a):
        sa = tf.concat([obs, a], axis=-1)
        return tf.minimum(tf.sin(sa @ k1), tf.sin(sa @ k2))[:, 0]

    def reference(b):
        alpha = tf.exp(log_alpha_var)
        total = 0.0
        m = b["obs"].shape[0]
        for i in range(m):
            a, logp = act(b["obs"][i : i + 1], b["eps"][i : i + 1])
            total += tf.stop_gradient(alpha) * logp[0] - min_q(b["obs"][i : i + 1], a)[0]
            total -= alpha * tf.stop_gradient(logp[0] + target_entropy)
        return total / m

    class SACPolicy:
        log_alpha = log_alpha_var

    def candidate(b):
        class Policy(SACPolicy):
            def learn(self, obs, eps):
                obs_act, obs_log_prob = act(obs, eps)
                alpha = tf.stop_gradient(tf.exp(self.log_alpha))
                actor_loss = tf.reduce_mean(alpha * obs_log_prob - min_q(obs, obs_act))
                log_prob = tf.stop_gradient(obs_log_prob) + target_entropy
                alpha_loss = -tf.reduce_mean(self.log_alpha * log_prob)
                return actor_loss + alpha_loss

        return Policy().learn(b["obs"], b["eps"])

    return {"variables": [mu_w, sigma_w, log_alpha_var], "batch": batch, "reference": reference, "candidate": candidate}
