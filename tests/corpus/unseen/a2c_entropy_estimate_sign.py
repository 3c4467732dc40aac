"""A2C/PPO with a squashed Gaussian: the sampled stand-in for the entropy loss has the wrong sign, so entropy is minimised.

Source (real): https://github.com/DLR-RM/stable-baselines3/issues/127 (PyTorch, ported).
Right answer: NOT equivalent; entropy_loss must be the negative entropy, that is the mean of log_prob.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "entropy_loss = -tf.reduce_mean(log_prob)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 24, 5, 2
    ent_coef, vf_coef = 0.1, 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mu_w = tf.Variable(0.4 * arr(d, acts), name="mu_w")
    log_std = tf.Variable(0.2 * arr(acts), name="log_std")
    v_w = tf.Variable(0.4 * arr(d), name="v_w")
    gauss = arr(n, acts)
    batch = {"obs": arr(n, d), "gaussian_actions": gauss, "returns": arr(n), "advantages": arr(n)}

    def reference(b):
        loss = 0.0
        m = b["obs"].shape[0]
        for i in range(m):
            lp = 0.0
            for j in range(acts):
                u = b["gaussian_actions"][i, j]
                mean = tf.reduce_sum(b["obs"][i] * mu_w[:, j])
                lp += -0.5 * ((u - mean) / tf.exp(log_std[j])) ** 2 - log_std[j] - 0.5 * np.log(2 * np.pi)
                lp -= 2.0 * (np.log(2.0) - u - tf.math.softplus(-2.0 * u))
            entropy = -lp
            critic = tf.square(b["returns"][i] - tf.reduce_sum(b["obs"][i] * v_w))
            loss += -b["advantages"][i] * lp - ent_coef * entropy + vf_coef * critic
        return loss / m

    def candidate(b):
        class SquashedDiagGaussian:
            def __init__(self, mean, log_std):
                self.mean, self.log_std = mean, log_std

            def log_prob(self, u):
                normal = -0.5 * tf.square((u - self.mean) / tf.exp(self.log_std))
                normal -= self.log_std + 0.5 * np.log(2 * np.pi)
                return tf.reduce_sum(normal - tf.math.log(1 - tf.square(tf.tanh(u))), axis=1)

            def entropy(self):
                return None

        dist = SquashedDiagGaussian(b["obs"] @ mu_w, log_std)
        log_prob, entropy = dist.log_prob(b["gaussian_actions"]), dist.entropy()
        values = tf.linalg.matvec(b["obs"], v_w)
        policy_loss = -tf.reduce_mean(b["advantages"] * log_prob)
        value_loss = tf.reduce_mean(tf.square(b["returns"] - values))
        if entropy is None:
            entropy_loss = -tf.reduce_mean(log_prob)
        else:
            entropy_loss = -tf.reduce_mean(entropy)
        return policy_loss + ent_coef * entropy_loss + vf_coef * value_loss

    return {"variables": [mu_w, log_std, v_w], "batch": batch, "reference": reference, "candidate": candidate}
