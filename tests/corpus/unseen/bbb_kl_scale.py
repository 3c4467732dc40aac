"""Bayes by backprop with minibatches: which of the terms of the loss carries the factor 1 / number of batches.
Source: https://github.com/pawni/BayesByHypernet/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'return kl_loss + error_loss / num_batches',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, classes, num_batches, prior = 5, 4, 3, 8, 0.5
    mu = tf.Variable(rng.normal(0, 0.6, (d, classes)).astype(fx), name="mu")
    rho = tf.Variable(rng.normal(-1.0, 0.3, (d, classes)).astype(fx), name="rho")

    def reference(batch):
        sigma = tf.nn.softplus(rho)
        logits = batch["x"] @ (mu + sigma * batch["eps"])
        nll = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))
        kl = tf.reduce_sum(tf.math.log(prior / sigma) + (sigma**2 + mu**2) / (2 * prior**2) - 0.5)
        return nll + kl / num_batches

    def candidate(batch):
        std = tf.math.log1p(tf.exp(rho))
        kernel = mu + std * batch["eps"]
        pred = tf.nn.log_softmax(tf.matmul(batch["x"], kernel))
        error_loss = -tf.reduce_sum(tf.gather(pred, batch["y"], batch_dims=1))
        ratio = tf.square(std / prior)
        kl_loss = 0.5 * tf.reduce_sum(ratio + tf.square(mu / prior) - 1.0 - tf.math.log(ratio))
        return kl_loss + error_loss / num_batches

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": rng.integers(0, classes, n).astype("int32"),
                      "eps": rng.normal(size=(d, classes)).astype(fx)},
            "variables": [mu, rho]}
