"""Squashed Gaussian: the log-determinant of tanh has to be taken at the pre-squash value, but is computed from the already
squashed action (the inverse transform is missing there).
Source: https://github.com/google-deepmind/rlax/issues/54"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_det = log_det_jacobian(sample)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act = 13, 5, 3
    mu_l = keras.layers.Dense(act, name="mu")
    sig_l = keras.layers.Dense(act, name="log_sigma")
    mu_l.build((None, obs))
    sig_l.build((None, obs))
    w_q = tf.constant(rng.standard_normal((obs, act)).astype(f))
    alpha, scale = 0.3, 2.0

    def q_value(s, a):
        return -tf.reduce_sum((a - tf.tanh(s @ w_q)) ** 2, axis=-1)

    def reference(batch):
        mu, log_sigma = mu_l(batch["obs"]), tf.tanh(sig_l(batch["obs"])) - 1.0
        u = mu + tf.exp(log_sigma) * batch["eps"]
        # N(u) in terms of the noise, minus log |da/du|
        log_n = -0.5 * batch["eps"] ** 2 - log_sigma - 0.5 * np.log(2 * np.pi)
        log_jac = np.log(scale) - 2.0 * tf.math.log(tf.cosh(u))
        logp = tf.reduce_sum(log_n - log_jac, axis=-1)
        return tf.reduce_mean(alpha * logp - q_value(batch["obs"], scale * tf.tanh(u)))

    def candidate(batch):
        def inv_transform(x):
            return tf.atanh(x / scale)

        def transform(x):
            return scale * tf.tanh(x)

        def log_det_jacobian(x):
            return tf.reduce_sum(tf.math.log(scale * (1.0 - tf.square(tf.tanh(x)))), axis=-1)

        def logprob_fn(sample, mu, sigma):
            gaussian = inv_transform(sample)
            half_logdet = tf.reduce_sum(tf.math.log(sigma), axis=-1)
            maha = tf.reduce_sum(tf.square((gaussian - mu) / sigma), axis=-1)
            log_prob = -0.5 * (maha + act * np.log(2 * np.pi)) - half_logdet
            log_det = log_det_jacobian(sample)
            return log_prob - log_det

        mu = mu_l(batch["obs"])
        sigma = tf.exp(tf.tanh(sig_l(batch["obs"])) - 1.0)
        action = transform(mu + sigma * batch["eps"])
        return tf.reduce_mean(alpha * logprob_fn(action, mu, sigma) - q_value(batch["obs"], action))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": (0.4 * rng.standard_normal((n, obs))).astype(f),
            "eps": rng.standard_normal((n, act)).astype(f),
        },
        "variables": mu_l.trainable_variables + sig_l.trainable_variables,
    }
