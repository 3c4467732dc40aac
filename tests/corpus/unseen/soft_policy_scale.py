"""SAC policy with tanh_scale 2: log(1 - action^2 + 1e-6) uses the scaled action and becomes NaN.
Source: https://github.com/cpnota/autonomous-learning-library/issues/139"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "log_prob -= tf.math.log(1.0 - tf.square(action) + 1e-6)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, k, tanh_scale, alpha = 7, 4, 3, 2.0, 0.2
    pi = tf.Variable(rng.standard_normal((d, 2 * k)) * 0.6, dtype=fx, name="pi")
    q1 = tf.constant(rng.standard_normal((d + k, 8)) * 0.4, dtype=fx)
    q2 = tf.constant(rng.standard_normal((8, 1)) * 0.6, dtype=fx)

    def soft_q(s, a):
        return tf.squeeze(tf.nn.elu(tf.concat([s, a], -1) @ q1) @ q2, -1)

    def reference(batch):
        mu, logvar = tf.split(batch["s"] @ pi, 2, axis=-1)
        sd = tf.exp(0.5 * logvar)
        u = mu + sd * batch["eps"]
        squashed = tf.tanh(u)
        logp = -0.5 * tf.square((u - mu) / sd) - tf.math.log(sd) - 0.5 * np.log(2 * np.pi)
        logp = tf.reduce_sum(logp - tf.math.log(1.0 - squashed ** 2 + 1e-6), axis=1)
        return tf.reduce_mean(alpha * logp - soft_q(batch["s"], tanh_scale * squashed))

    def candidate(batch):
        outputs = tf.matmul(batch["s"], pi)
        means, logvars = outputs[:, :k], outputs[:, k:]
        std = tf.exp(0.5 * logvars)
        raw = means + std * batch["eps"]
        log_prob = -0.5 * tf.square((raw - means) / std) - tf.math.log(std) - 0.5 * np.log(2 * np.pi)
        action = tf.tanh(raw) * tanh_scale
        log_prob -= tf.math.log(1.0 - tf.square(action) + 1e-6)
        log_prob = tf.reduce_sum(log_prob, axis=1)
        return -tf.reduce_mean(soft_q(batch["s"], action) - alpha * log_prob)

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.standard_normal((n, d)).astype(fx), "eps": rng.standard_normal((n, k)).astype(fx)},
            "variables": [pi]}
