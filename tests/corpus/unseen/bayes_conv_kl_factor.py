"""Bayesian compression: the KL term of the convolution has no factor 1/2 before the log variance.

Source (real): https://github.com/KarenUllrich/Tutorial_BayesianCompressionForDL/issues/8 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kld_element = -weight_logvar + 0.5 * (tf.exp(weight_logvar) + weight_mu**2) - 0.5",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, cin, cout, k = 16, 7, 3, 2, 3
    weight_mu = tf.Variable(0.5 * arr(k, cin, cout), name="weight_mu")
    weight_logvar = tf.Variable(-1.0 + 0.3 * arr(k, cin, cout), name="weight_logvar")
    batch = {"x": arr(n, length, cin), "eps": arr(n, length - k + 1, cout), "y": arr(n, length - k + 1, cout)}

    def forward(b):
        mu_activations = tf.nn.conv1d(b["x"], weight_mu, 1, "VALID")
        var_activations = tf.nn.conv1d(b["x"] ** 2, tf.exp(weight_logvar), 1, "VALID")
        return mu_activations + tf.sqrt(var_activations) * b["eps"]

    def reference(b):
        nll = tf.reduce_mean((forward(b) - b["y"]) ** 2)
        kl = 0.0
        for m, lv in zip(tf.reshape(weight_mu, [-1]), tf.reshape(weight_logvar, [-1])):
            sd = tf.exp(lv / 2.0)
            kl += (sd**2 + m**2) / 2.0 - 0.5 - tf.math.log(sd)
        return nll + kl / b["x"].shape[0]

    def candidate(b):
        nll = tf.reduce_mean(tf.square(forward(b) - b["y"]))
        kld_element = -weight_logvar + 0.5 * (tf.exp(weight_logvar) + weight_mu**2) - 0.5
        return nll + tf.reduce_sum(kld_element) / b["x"].shape[0]

    return {"variables": [weight_mu, weight_logvar], "batch": batch, "reference": reference, "candidate": candidate}
