"""EDM preconditioning of a downscaling model: c_in scales the clean coarse inputs too, it is meant for the noised latent only.
Source: https://github.com/ai2cm/ace/issues/356"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "f_x = unet(c_in * x, c_noise)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, n, d, hid = 5, 6, 6, 8
    w1 = tf.Variable(rng.normal(size=(n + d, hid), scale=0.6).astype(fx), name="w1")
    wt = tf.Variable(rng.normal(size=(1, hid), scale=0.6).astype(fx), name="w_noise")
    w2 = tf.Variable(rng.normal(size=(hid, n), scale=0.6).astype(fx), name="w2")
    sd = 0.5

    def unet(x, c_noise):
        return tf.matmul(tf.tanh(tf.matmul(x, w1) + tf.matmul(c_noise, wt)), w2)

    def reference(batch):
        sigma = batch["sigma"]
        total = sigma ** 2 + sd ** 2
        noisy = batch["fine"] + sigma * batch["noise"]
        net_in = tf.concat([noisy / tf.sqrt(total), batch["coarse"]], axis=1)
        raw = unet(net_in, tf.math.log(sigma) / 4.0)
        denoised = (sd ** 2 / total) * noisy + (sigma * sd / tf.sqrt(total)) * raw
        weight = total / (sigma * sd) ** 2
        return tf.reduce_mean(weight * tf.square(denoised - batch["fine"]))

    def candidate(batch):
        sigma, inputs = batch["sigma"], batch["coarse"]
        weight = (sigma ** 2 + sd ** 2) / (sigma * sd) ** 2
        latent = batch["fine"] + batch["noise"] * sigma
        c_skip = sd ** 2 / (sigma ** 2 + sd ** 2)
        c_out = sigma * sd / tf.sqrt(sigma ** 2 + sd ** 2)
        c_in = 1 / tf.sqrt(sd ** 2 + sigma ** 2)
        c_noise = tf.math.log(sigma) / 4
        x = tf.concat((latent, inputs), axis=1)
        f_x = unet(c_in * x, c_noise)
        d_x = c_skip * latent + c_out * f_x
        return tf.reduce_mean(weight * (d_x - batch["fine"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"fine": rng.normal(size=(b, n)).astype(fx), "coarse": rng.normal(size=(b, d)).astype(fx),
                      "noise": rng.normal(size=(b, n)).astype(fx),
                      "sigma": np.exp(rng.normal(size=(b, 1)) * 0.8 + 0.7).astype(fx)},
            "variables": [w1, wt, w2]}
