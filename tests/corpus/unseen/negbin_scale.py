"""DeepAR with the negative binomial output got worse: the scale is passed through 1 + softplus(scale - 1),
which turns a scale of 1 into 1.69; clipping it at one would leave it alone. Source: https://github.com/awslabs/gluonts/issues/906"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'scale = 1.0 + tf.nn.softplus(batch["scale"] - 1.0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, t, d = 4, 5, 3
    hidden = normal(n, t, d)
    counts = rng.poisson(4.0, (n, t)).astype(fx)
    scale_np = (1.0 + 2.0 * rng.random((n, 1))).astype(fx)
    observed = (rng.random((n, t)) < 0.8).astype(fx)
    w_mu, w_alpha = var("w_mu", d, scale=0.4), var("w_alpha", d, scale=0.4)

    def reference(batch):
        total, seen = 0.0, 0.0
        for i in range(n):
            s = tf.maximum(batch["scale"][i, 0], 1.0)
            for j in range(t):
                m = tf.nn.softplus(tf.reduce_sum(batch["hidden"][i, j] * w_mu))
                a = tf.nn.softplus(tf.reduce_sum(batch["hidden"][i, j] * w_alpha))
                m = m * s
                a = a + (s - 1.0) / m
                r = 1.0 / a
                k = batch["counts"][i, j]
                ll = (tf.math.lgamma(k + r) - tf.math.lgamma(k + 1.0) - tf.math.lgamma(r)
                      + r * tf.math.log(r / (r + m)) + k * tf.math.log(m / (r + m)))
                total -= ll * batch["observed"][i, j]
                seen += batch["observed"][i, j]
        return total / seen

    def candidate(batch):
        mu = tf.nn.softplus(tf.linalg.matvec(batch["hidden"], w_mu))
        alpha = tf.nn.softplus(tf.linalg.matvec(batch["hidden"], w_alpha))
        scale = 1.0 + tf.nn.softplus(batch["scale"] - 1.0)
        mu = mu * scale
        alpha = alpha + (scale - 1.0) / mu
        x = batch["counts"]
        inv = 1.0 / alpha
        alpha_mu = alpha * mu
        log_prob = (x * tf.math.log(alpha_mu / (1.0 + alpha_mu)) - inv * tf.math.log1p(alpha_mu)
                    + tf.math.lgamma(x + inv) - tf.math.lgamma(x + 1.0) - tf.math.lgamma(inv))
        weights = batch["observed"]
        return -tf.reduce_sum(log_prob * weights) / tf.reduce_sum(weights)

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hidden, "counts": counts, "scale": scale_np, "observed": observed},
            "variables": [w_mu, w_alpha]}
