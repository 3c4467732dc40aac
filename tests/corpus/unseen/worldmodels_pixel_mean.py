"""World-Models VAE in Keras: the reconstruction loss is the mean over all pixels (the original sums over an image), so
the KL wins and the posterior collapses.
Source: https://github.com/AppliedDataSciencePartners/WorldModels/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=[1, 2, 3])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hh, ww, cc, z = 14, 5, 4, 3, 2
    frames = rng.uniform(size=(n, hh, ww, cc)).astype(f)
    eps = rng.normal(size=(n, z)).astype(f)
    w_mu = tf.Variable(rng.normal(size=(hh * ww * cc, z)).astype(f) * 0.2, name="w_mu")
    w_lv = tf.Variable(rng.normal(size=(hh * ww * cc, z)).astype(f) * 0.2, name="w_lv")
    w_dec = tf.Variable(rng.normal(size=(z, hh * ww * cc)).astype(f) * 0.4, name="w_dec")

    def reference(batch):
        x = tf.reshape(batch["frames"], (n, -1))
        mu, logvar = x @ w_mu, x @ w_lv
        y = tf.sigmoid((mu + tf.exp(logvar / 2.0) * batch["eps"]) @ w_dec)
        r_loss = tf.reduce_mean(tf.reduce_sum(tf.square(x - y), axis=1))
        kl_loss = -0.5 * tf.reduce_sum(1 + logvar - tf.square(mu) - tf.exp(logvar), axis=1)
        return r_loss + tf.reduce_mean(kl_loss)

    def candidate(batch):
        K = keras.ops
        flat = K.reshape(batch["frames"], (-1, hh * ww * cc))
        vae_z_mean = K.matmul(flat, w_mu)
        vae_z_log_var = K.matmul(flat, w_lv)
        vae_z = vae_z_mean + K.exp(vae_z_log_var / 2) * batch["eps"]
        vae_out = K.reshape(K.sigmoid(K.matmul(vae_z, w_dec)), (-1, hh, ww, cc))

        def vae_r_loss(y_true, y_pred):
            return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=[1, 2, 3])

        def vae_kl_loss():
            inner = 1 + vae_z_log_var - K.square(vae_z_mean) - K.exp(vae_z_log_var)
            return -0.5 * K.sum(inner, axis=-1)

        def vae_loss(y_true, y_pred):
            return vae_r_loss(y_true, y_pred) + vae_kl_loss()

        return K.mean(vae_loss(batch["frames"], vae_out))

    return {"reference": reference, "candidate": candidate, "batch": {"frames": frames, "eps": eps},
            "variables": [w_mu, w_lv, w_dec]}
