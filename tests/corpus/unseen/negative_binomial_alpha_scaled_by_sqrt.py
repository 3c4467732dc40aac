"""Undoing the mean scaling, alpha is multiplied by sqrt(scale + 1), which is no identity at scale 1 and has the wrong variance.

Source (real): https://github.com/awslabs/gluonts/issues/718
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'alpha = alpha * tf.sqrt(b["scale"] + 1.0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d = 8, 5, 4
    w_x, w_h, w_mu, w_al = var("w_x", 2, d), var("w_h", d, d), var("w_mu", d, 1), var("w_alpha", d, 1)
    batch = {
        "target": rng.poisson(4.0, size=(n, T)).astype("float32"),
        "cov": arr(n, T),
        "scale": rng.uniform(1.5, 5.0, size=(n, 1)).astype("float32"),
    }

    def params(b):
        h = tf.zeros([n, d])
        mus, alphas = [], []
        prev = tf.zeros([n, 1])
        for t in range(T):
            h = tf.tanh(tf.concat([prev / b["scale"], b["cov"][:, t:t + 1]], 1) @ w_x + h @ w_h)
            mus.append(tf.nn.softplus(h @ w_mu))
            alphas.append(tf.nn.softplus(h @ w_al))
            prev = b["target"][:, t:t + 1]
        return tf.concat(mus, 1), tf.concat(alphas, 1)

    def nb_log_prob(x, mu, alpha):
        r = 1.0 / alpha
        am = alpha * mu
        return (x * tf.math.log(am / (1.0 + am)) - r * tf.math.log1p(am)
                + tf.math.lgamma(x + r) - tf.math.lgamma(x + 1.0) - tf.math.lgamma(r))

    def reference(b):
        mu, alpha = params(b)
        nu = b["scale"]
        var_scaled = nu * nu * (mu + alpha * mu * mu)
        mu_s = nu * mu
        return -tf.reduce_mean(nb_log_prob(b["target"], mu_s, (var_scaled - mu_s) / tf.square(mu_s)))

    def candidate(b):
        mu, alpha = params(b)
        mu = mu * b["scale"]
        alpha = alpha * tf.sqrt(b["scale"] + 1.0)
        return -tf.reduce_mean(nb_log_prob(b["target"], mu, alpha))

    return {"variables": [w_x, w_h, w_mu, w_al], "batch": batch, "reference": reference, "candidate": candidate}
