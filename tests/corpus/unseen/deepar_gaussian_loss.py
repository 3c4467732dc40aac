"""The Gaussian likelihood loss of this DeepAR takes the network's sigma for a variance; it is the standard deviation.
Source: https://github.com/arrigonialberto86/deepar/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "0.5 * tf.math.log(sigma) + 0.5 * tf.math.divide(tf.square(y_true - y_pred), sigma)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, steps, n_feat, hidden = 4, 5, 2, 3
    x = rng.normal(size=(n, steps, n_feat)).astype(fx)
    y = (2.0 * rng.normal(size=(n, steps, 1))).astype(fx)
    wx = tf.Variable(rng.normal(size=(n_feat, hidden)).astype(fx), name="wx")
    wh = tf.Variable((0.5 * rng.normal(size=(hidden, hidden))).astype(fx), name="wh")
    kernel_mu = tf.Variable(rng.normal(size=(hidden, 1)).astype(fx), name="kernel_mu")
    kernel_sigma = tf.Variable(rng.normal(size=(hidden, 1)).astype(fx), name="kernel_sigma")

    def recurrent(inputs):
        h, outs = tf.zeros((n, hidden), dtype=fx), []
        for i in range(steps):
            h = tf.tanh(inputs[:, i] @ wx + h @ wh)
            outs.append(h)
        return tf.stack(outs, axis=1)

    def reference(batch):
        h = recurrent(batch["x"])
        sd = tf.math.log1p(tf.exp(h @ kernel_sigma)) + 1e-6
        standardised = (batch["y"] - h @ kernel_mu) / sd
        return tf.reduce_mean(tf.math.log(sd) + 0.5 * standardised ** 2)

    def candidate(batch):
        def gaussian_layer(hidden_states):
            output_mu = tf.matmul(hidden_states, kernel_mu)
            output_sig = tf.matmul(hidden_states, kernel_sigma)
            output_sig_pos = tf.math.log(1 + tf.exp(output_sig)) + 1e-06
            return output_mu, output_sig_pos

        def gaussian_likelihood(sigma):
            def gaussian_loss(y_true, y_pred):
                return tf.reduce_mean(
                    0.5 * tf.math.log(sigma) + 0.5 * tf.math.divide(tf.square(y_true - y_pred), sigma)
                )
            return gaussian_loss

        mu, sigma = gaussian_layer(recurrent(batch["x"]))
        loss = gaussian_likelihood(sigma)
        return loss(batch["y"], mu)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y}, "variables": [wx, wh, kernel_mu, kernel_sigma]}
