"""Sparse autoencoder loss adds a scalar reconstruction error to the per-item L1 term and then sums over items.
Source: https://github.com/ai-safety-foundation/sparse_autoencoder/pull/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "total = reconstruction_loss + l1_coefficient * l1_loss",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    n, d, feats = 6, 5, 9
    enc = tf.Variable(rng.normal(size=(d, feats)), dtype=dt, name="encoder")
    b_enc = tf.Variable(rng.normal(size=feats) * 0.3, dtype=dt, name="encoder_bias")
    dec = tf.Variable(rng.normal(size=(feats, d)) * 0.4, dtype=dt, name="decoder")
    tied = tf.Variable(rng.normal(size=d) * 0.2, dtype=dt, name="tied_bias")
    l1_coefficient = 0.3

    def reference(batch):
        x = batch["activations"]
        f = tf.nn.relu((x - tied) @ enc + b_enc)
        x_hat = f @ dec + tied
        mse = tf.reduce_mean((x_hat - x) ** 2)
        sparsity = tf.reduce_sum(tf.abs(f))
        return mse + l1_coefficient * sparsity

    def candidate(batch):
        def l1(features):
            return tf.reduce_sum(tf.abs(features), axis=-1)

        def reconstruct(features):
            return features @ dec + tied

        source = batch["activations"]
        learned = tf.nn.relu((source - tied) @ enc + b_enc)
        reconstruction_loss = tf.reduce_mean(tf.square(reconstruct(learned) - source))
        l1_loss = l1(learned)
        total = reconstruction_loss + l1_coefficient * l1_loss
        return tf.reduce_sum(total)

    return {"reference": reference, "candidate": candidate,
            "batch": {"activations": rng.normal(size=(n, d)).astype(dt)},
            "variables": [enc, b_enc, dec, tied]}
