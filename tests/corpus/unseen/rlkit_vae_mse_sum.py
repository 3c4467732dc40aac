"""The reconstruction term of the convolutional VAE is summed over all elements (deprecated reduction)
instead of averaged, next to a KL that is a mean over the batch. Source: https://github.com/rail-berkeley/rlkit/issues/119"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "log_prob = -1.0 * tf.reduce_sum(tf.square(inputs - obs_mean))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, z = 6, 10, 3
    w_enc, w_mu, w_lv, w_dec = var("w_enc", d, 7), var("w_mu", 7, z), var("w_lv", 7, z), var("w_dec", z, d)
    batch = {"obs": rng.uniform(0, 1, (n, d)).astype(fx), "eps": rng.standard_normal((n, z)).astype(fx),
             "beta": np.array(0.8, dtype=fx)}

    def forward(obs, eps):
        h = tf.nn.elu(obs @ w_enc)
        mu, logvar = h @ w_mu, h @ w_lv
        latents = mu + eps * tf.exp(0.5 * logvar)
        return tf.sigmoid(latents @ w_dec), mu, logvar

    def reference(batch):
        decoded, mu, logvar = forward(batch["obs"], batch["eps"])
        kle = -0.5 * tf.reduce_mean(tf.reduce_sum(1 + logvar - mu ** 2 - tf.exp(logvar), axis=1))
        mse = tf.reduce_mean(keras.losses.mean_squared_error(batch["obs"], decoded))
        return mse + batch["beta"] * kle

    def candidate(batch):
        inputs = batch["obs"]
        obs_mean, mu, logvar = forward(inputs, batch["eps"])
        log_prob = -1.0 * tf.reduce_sum(tf.square(inputs - obs_mean))
        kle = -0.5 * tf.reduce_mean(tf.reduce_sum(1 + logvar - mu ** 2 - tf.exp(logvar), axis=1))
        return batch["beta"] * kle - log_prob

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_enc, w_mu, w_lv, w_dec]}
