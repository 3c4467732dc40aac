"""DeepAR: with a mean-scaled target the negative binomial's alpha is multiplied by sqrt(1 + v), not by 1 / sqrt(v).
Source: https://github.com/awslabs/gluonts/issues/646"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "alpha = alpha * tf.sqrt(1.0 + scale)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, ctx, horizon = 4, 6, 3
    past = rng.poisson(8.0, size=(n, ctx)).astype(fx) + 1.0
    future = rng.poisson(8.0, size=(n, horizon)).astype(fx)
    past = past.astype(fx)
    w_mu = tf.Variable((0.5 * rng.normal(size=(ctx, horizon))).astype(fx), name="w_mu")
    w_al = tf.Variable((0.5 * rng.normal(size=(ctx, horizon))).astype(fx), name="w_alpha")

    def nb_log_prob(x, mu, alpha):
        inv = 1.0 / alpha
        am = alpha * mu
        return (x * tf.math.log(am / (1.0 + am)) - inv * tf.math.log(1.0 + am)
                + tf.math.lgamma(x + inv) - tf.math.lgamma(x + 1.0) - tf.math.lgamma(inv))

    def reference(batch):
        total = 0.0
        for i in range(n):
            v = tf.reduce_mean(batch["past"][i])
            z = (batch["past"][i] / v)[None, :]
            mu = v * tf.math.softplus(z @ w_mu)[0]
            alpha = tf.math.softplus(z @ w_al)[0] / tf.sqrt(v)
            total -= tf.reduce_mean(nb_log_prob(batch["future"][i], mu, alpha))
        return total / n

    def candidate(batch):
        scale = tf.reduce_mean(batch["past"], axis=1, keepdims=True)
        scaled_past = batch["past"] / scale
        mu = tf.math.softplus(scaled_past @ w_mu)
        alpha = tf.math.softplus(scaled_past @ w_al)

        mu = mu * scale
        alpha = alpha * tf.sqrt(1.0 + scale)
        nll = -nb_log_prob(batch["future"], mu, alpha)
        return tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate,
            "batch": {"past": past, "future": future}, "variables": [w_mu, w_al]}
