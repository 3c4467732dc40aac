"""PPO with an entropy bonus: the entropy keeps the action dimension, (n, 1), and spreads the masked policy loss to (n, n).

Source (real): https://github.com/google-research/batch-ppo/pull/45 (TensorFlow 1; "Reduce rank of entropy tensor").
Right answer: NOT equivalent. Without the mask the mean would hide it; with it, the entropy of padded steps counts as well.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return log_std + 0.5 * np.log(2.0 * np.pi * np.e)",
    "same_forward_value": False,
}

_ENTROPY_REG, _KL_COEFF = 0.3, 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 21, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_h = tf.Variable(0.6 * arr(d, hid), name="hidden")
    w_mean = tf.Variable(0.6 * arr(hid, 1), name="mean")
    w_std = tf.Variable(0.5 * arr(hid, 1), name="log_std")
    valid = np.ones(n, f)
    valid[rng.permutation(n)[:7]] = 0.0
    batch = {
        "observ": arr(n, d),
        "action": arr(n, 1),
        "advantage": arr(n),
        "old_mean": 0.3 * arr(n, 1),
        "old_logstd": 0.2 * arr(n, 1),
        "valid": valid,
    }

    def network(observ):
        h = tf.nn.relu(observ @ w_h)
        return h @ w_mean, tf.tanh(h @ w_std)

    def reference(b):
        m = b["observ"].shape[0]
        total = 0.0
        for i in range(m):
            if float(b["valid"][i]) == 0.0:
                continue
            mu, ls = (t[0, 0] for t in network(b["observ"][i : i + 1]))
            a, mu0, ls0 = b["action"][i, 0], b["old_mean"][i, 0], b["old_logstd"][i, 0]
            new = -0.5 * ((a - mu) / tf.exp(ls)) ** 2 - ls
            old = -0.5 * ((a - mu0) / tf.exp(ls0)) ** 2 - ls0
            kl = 0.5 * (tf.exp(2.0 * (ls0 - ls)) + (mu - mu0) ** 2 / tf.exp(2.0 * ls) - 1.0) + ls - ls0
            entropy = ls + 0.5 * np.log(2.0 * np.pi) + 0.5
            total += -tf.exp(new - old) * b["advantage"][i] + _KL_COEFF * kl - _ENTROPY_REG * entropy
        return total / m

    def candidate(b):
        def log_prob(action, mean, log_std):
            return tf.reduce_sum(-0.5 * tf.square((action - mean) * tf.exp(-log_std)) - log_std, axis=-1)

        def kl_divergence(mean0, logstd0, mean1, logstd1):
            ratio = tf.exp(2.0 * (logstd0 - logstd1)) + tf.square(mean1 - mean0) * tf.exp(-2.0 * logstd1)
            return tf.reduce_sum(0.5 * (ratio - 1.0) + logstd1 - logstd0, axis=-1)

        def diag_entropy(log_std):
            return log_std + 0.5 * np.log(2.0 * np.pi * np.e)

        mean, log_std = network(b["observ"])
        policy_gradient = tf.exp(
            log_prob(b["action"], mean, log_std) - log_prob(b["action"], b["old_mean"], b["old_logstd"])
        )
        surrogate_loss = -policy_gradient * b["advantage"]
        kl_penalty = _KL_COEFF * kl_divergence(b["old_mean"], b["old_logstd"], mean, log_std)
        policy_loss = surrogate_loss + kl_penalty
        policy_loss = policy_loss - _ENTROPY_REG * diag_entropy(log_std)
        return tf.reduce_mean(policy_loss * b["valid"])

    return {"variables": [w_h, w_mean, w_std], "batch": batch, "reference": reference, "candidate": candidate}
