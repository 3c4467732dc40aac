"""Gumbel-softmax VAE: the KL to the uniform prior has 1/K where log(1/K) belongs. The value is wrong, but as q sums to one the difference is a constant and the gradients are the same. Source: https://github.com/YongfeiYan/Gumbel_Softmax_VAE/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d, latent_dim, categorical_dim, temp = 6, 8, 3, 4, 0.8
    K = tf.keras.layers
    encoder = tf.keras.Sequential([K.Input((d,)), K.Dense(12, activation="relu"), K.Dense(latent_dim * categorical_dim)])
    decoder = tf.keras.Sequential([K.Input((latent_dim * categorical_dim,)), K.Dense(12, activation="relu"), K.Dense(d)])

    def forward(batch):
        q = tf.reshape(encoder(batch["x"]), [-1, latent_dim, categorical_dim])
        gumbel = -tf.math.log(-tf.math.log(batch["u"] + 1e-20) + 1e-20)
        z = tf.nn.softmax((q + gumbel) / temp, axis=-1)
        return decoder(tf.reshape(z, [-1, latent_dim * categorical_dim])), tf.nn.softmax(q, axis=-1)

    def bce(recon_logits, x):
        return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=recon_logits)) / n

    def reference(batch):
        recon, qy = forward(batch)
        prior = 1.0 / categorical_dim
        kl = tf.reduce_sum(qy * (tf.math.log(qy + 1e-20) - tf.math.log(prior)), axis=[1, 2])
        return bce(recon, batch["x"]) + tf.reduce_mean(kl)

    def candidate(batch):
        recon_logits, qy = forward(batch)
        log_qy = tf.math.log(qy + 1e-20)
        KLD = tf.reduce_mean(tf.reduce_sum(tf.reduce_sum(qy * (log_qy - 1.0 / categorical_dim), axis=-1), axis=-1))
        return bce(recon_logits, batch["x"]) + KLD

    batch = {"x": (rng.uniform(size=(n, d)) < 0.5).astype(np.float32), "u": rng.uniform(0.01, 0.99, size=(n, latent_dim, categorical_dim)).astype(np.float32)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": encoder.trainable_variables + decoder.trainable_variables}
