"""DRAW's KL subtracts T/2 once where every latent dimension should lose one half at every step; the
constant is wrong, nothing else. Source: https://github.com/ericjang/draw/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
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

    n, t, d, z = 4, 3, 4, 5
    x_np = normal(n, d)
    pix = (rng.random((n, d)) < 0.5).astype(fx)
    w_mu, w_ls, dec = var("w_mu", t, d, z, scale=0.4), var("w_ls", t, d, z, scale=0.3), var("dec", z, d)

    def reference(batch):
        kl, code = 0.0, 0.0
        for s in range(t):
            mu, ls = batch["x"] @ w_mu[s], batch["x"] @ w_ls[s]
            kl += 0.5 * tf.reduce_sum(mu ** 2 + tf.exp(2 * ls) - 2 * ls - 1.0, 1)
            code += mu
        logits = code @ dec
        bce = tf.nn.sigmoid_cross_entropy_with_logits(batch["pix"], logits)
        return tf.reduce_mean(tf.reduce_sum(bce, 1)) + tf.reduce_mean(kl)

    def candidate(batch):
        mu = tf.einsum("nd,tdz->tnz", batch["x"], w_mu)
        logsigma = tf.einsum("nd,tdz->tnz", batch["x"], w_ls)
        sigma2 = tf.square(tf.exp(logsigma))
        kl_terms = 0.5 * tf.reduce_sum(tf.square(mu) + sigma2 - 2.0 * logsigma, axis=2) - t * 0.5
        logits = tf.matmul(tf.reduce_sum(mu, axis=0), dec)
        lx = tf.reduce_mean(tf.reduce_sum(tf.nn.softplus(logits) - batch["pix"] * logits, axis=1))
        return lx + tf.reduce_mean(tf.reduce_sum(kl_terms, axis=0))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "pix": pix}, "variables": [w_mu, w_ls, dec]}
