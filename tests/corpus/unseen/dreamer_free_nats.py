"""Dreamer KL loss: free nats are applied with a clamp from above, so a KL over the threshold gets no gradient at all.
Source: https://github.com/juliusfrost/dreamer-pytorch/pull/75"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "div_loss = tf.minimum(div_loss, free_nats)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, d, zdim, free_nats, kl_scale = 4, 3, 5, 4, 0.3, 1.0
    prior = tf.Variable(rng.standard_normal((d, 2 * zdim)) * 0.7, dtype=fx, name="prior")
    post = tf.Variable(rng.standard_normal((2 * d, 2 * zdim)) * 0.7, dtype=fx, name="post")
    dec = tf.Variable(rng.standard_normal((zdim, d)) * 0.7, dtype=fx, name="decoder")

    def stats(x):
        mean, raw = tf.split(x, 2, axis=-1)
        return mean, tf.nn.softplus(raw) + 0.1

    def reference(batch):
        pm, ps = stats(batch["deter"] @ prior)
        qm, qs = stats(tf.concat([batch["deter"], batch["embed"]], -1) @ post)
        z = qm + qs * batch["eps"]
        nll = 0.5 * tf.reduce_sum(tf.square(batch["embed"] - z @ dec), -1)
        kl = tf.math.log(ps) - tf.math.log(qs) + (tf.square(qs) + tf.square(qm - pm)) / (2 * tf.square(ps)) - 0.5
        kl = tf.reduce_mean(tf.reduce_sum(kl, -1))
        return tf.reduce_mean(nll) + kl_scale * tf.maximum(kl, free_nats)

    def candidate(batch):
        prior_mean, prior_std = stats(tf.matmul(batch["deter"], prior))
        post_mean, post_std = stats(tf.matmul(tf.concat([batch["deter"], batch["embed"]], axis=-1), post))
        sample = post_mean + post_std * batch["eps"]
        image_loss = 0.5 * tf.reduce_mean(tf.reduce_sum((batch["embed"] - tf.matmul(sample, dec)) ** 2, axis=-1))
        var_ratio = tf.square(post_std / prior_std)
        t1 = tf.square((post_mean - prior_mean) / prior_std)
        div = 0.5 * tf.reduce_sum(var_ratio + t1 - 1.0 - tf.math.log(var_ratio), axis=-1)
        div_loss = tf.reduce_mean(div)
        div_loss = tf.minimum(div_loss, free_nats)
        return image_loss + kl_scale * div_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"deter": rng.standard_normal((B, T, d)).astype(fx), "embed": rng.standard_normal((B, T, d)).astype(fx),
                      "eps": rng.standard_normal((B, T, zdim)).astype(fx)},
            "variables": [prior, post, dec]}
