"""Sparse autoencoder trained with gradient accumulation: the losses are means, and the division by the number of
accumulation steps was taken out, so the accumulated gradient is too large by that number.
Source: https://github.com/ApolloResearch/e2e_sae/pull/70"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "accumulated = accumulated + sum(losses.values())",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, m = 24, 5, 8
    acts = rng.standard_normal((n, d)).astype(f)
    enc = tf.Variable(rng.standard_normal((d, m)) * 0.5, dtype=f, name="enc")
    b_enc = tf.Variable(rng.standard_normal((m,)) * 0.1, dtype=f, name="b_enc")
    dec = tf.Variable(rng.standard_normal((m, d)) * 0.5, dtype=f, name="dec")
    sparsity_coeff = 0.05

    def reference(batch):
        a = batch["acts"]
        code = tf.nn.relu(a @ enc + b_enc)
        recon = tf.reduce_mean(tf.square(code @ dec - a))
        l1 = tf.reduce_mean(tf.reduce_sum(tf.abs(code), axis=-1))
        return recon + sparsity_coeff * l1

    def candidate(batch):
        n_gradient_accumulation_steps = 4

        def calc_loss(orig):
            c = tf.nn.relu(tf.matmul(orig, enc) + b_enc)
            new = tf.matmul(c, dec)
            return {
                "sparsity": sparsity_coeff * tf.reduce_mean(tf.norm(c, ord=1, axis=-1)),
                "in_to_out": tf.reduce_mean((orig - new) ** 2),
            }

        accumulated = tf.constant(0.0, dtype=f)
        for micro in tf.split(batch["acts"], n_gradient_accumulation_steps, axis=0):
            losses = calc_loss(micro)
            accumulated = accumulated + sum(losses.values())
        return accumulated

    return {"reference": reference, "candidate": candidate, "batch": {"acts": acts}, "variables": [enc, b_enc, dec]}
