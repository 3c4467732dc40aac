"""Bayesian convolution: the KL term treats weight_logvar as a log standard deviation.

Source (real): https://github.com/KarenUllrich/Tutorial_BayesianCompressionForDL/issues/1 (PyTorch, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kld_element = -weight_logvar + 0.5 * (tf.exp(weight_logvar) ** 2 + weight_mu ** 2) - 0.5",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, c_in, c_out, width = 15, 7, 2, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    weight_mu = tf.Variable(0.5 * arr(width, c_in, c_out), name="weight_mu")
    weight_logvar = tf.Variable(-2.0 + 0.3 * arr(width, c_in, c_out), name="weight_logvar")
    head = tf.Variable(0.7 * arr(c_out, 3), name="head")
    batch = {"x": arr(n, length, c_in), "eps": arr(n, length - width + 1, c_out), "y": rng.integers(0, 3, n)}
    data_size = 60.0

    def reference(b):
        windows = tf.stack([b["x"][:, i:i + width] for i in range(length - width + 1)], axis=1)
        mean = tf.einsum("ntwc,wco->nto", windows, weight_mu)
        var = tf.einsum("ntwc,wco->nto", windows ** 2, tf.exp(weight_logvar))
        features = tf.reduce_mean(tf.nn.relu(mean + tf.sqrt(var) * b["eps"]), axis=1)
        logp = tf.nn.log_softmax(features @ head)
        nll = -tf.reduce_mean(tf.gather(logp, b["y"], batch_dims=1))
        sigma = tf.exp(0.5 * weight_logvar)
        kl = tf.math.log(1.0 / sigma) + (sigma ** 2 + weight_mu ** 2) / 2 - 0.5
        return nll + tf.reduce_sum(kl) / data_size

    def candidate(b):
        class Conv1dGroupNJ:
            def __call__(self, x, eps):
                mu_activations = tf.nn.conv1d(x, weight_mu, 1, "VALID")
                var_activations = tf.nn.conv1d(tf.square(x), tf.exp(weight_logvar), 1, "VALID")
                return mu_activations + tf.sqrt(var_activations) * eps

            def kl_divergence(self):
                kld_element = -weight_logvar + 0.5 * (tf.exp(weight_logvar) ** 2 + weight_mu ** 2) - 0.5
                return tf.reduce_sum(kld_element)

        layer = Conv1dGroupNJ()
        pooled = tf.reduce_mean(tf.nn.relu(layer(b["x"], b["eps"])), axis=1)
        discrimination_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=pooled @ head)
        variational_bound = tf.reduce_mean(discrimination_loss) + layer.kl_divergence() / data_size
        return variational_bound

    return {"variables": [weight_mu, weight_logvar, head], "batch": batch,
            "reference": reference, "candidate": candidate}
