"""diffusion-transformer: in diffuse() P_mean and P_std are swapped, so the noise level is drawn from
another log-normal. Source: https://github.com/milmor/diffusion-transformer/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "sigma = tf.exp(batch[\"rnd_normal\"] * p_mean + p_std)[:, None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, D, H = 6, 4, 8
    W1 = tf.Variable(rng.normal(0, 0.6, (D + 1, H)).astype(fx), name="W1")
    W2 = tf.Variable(rng.normal(0, 0.6, (H, D)).astype(fx), name="W2")

    def net(x, c_noise):
        return tf.matmul(tf.nn.silu(tf.matmul(tf.concat([x, c_noise], -1), W1)), W2)

    def reference(batch):
        p_mean, p_std, sd = -1.2, 1.2, 0.5
        sigma = tf.exp(batch["rnd_normal"] * p_std + p_mean)[:, None]
        noisy = batch["x"] + sigma * batch["eps"]
        c_skip = sd ** 2 / (sigma ** 2 + sd ** 2)
        c_out = sigma * sd / tf.sqrt(sigma ** 2 + sd ** 2)
        c_in = 1.0 / tf.sqrt(sigma ** 2 + sd ** 2)
        denoised = c_skip * noisy + c_out * net(c_in * noisy, tf.math.log(sigma) / 4.0)
        weight = (sigma ** 2 + sd ** 2) / (sigma * sd) ** 2
        return tf.reduce_mean(weight * tf.square(denoised - batch["x"]))

    def candidate(batch):
        p_mean, p_std, sd = -1.2, 1.2, 0.5
        sigma = tf.exp(batch["rnd_normal"] * p_mean + p_std)[:, None]
        noisy = batch["x"] + sigma * batch["eps"]
        c_skip = sd ** 2 / (sigma ** 2 + sd ** 2)
        c_out = sigma * sd / tf.sqrt(sigma ** 2 + sd ** 2)
        c_in = 1.0 / tf.sqrt(sigma ** 2 + sd ** 2)
        denoised = c_skip * noisy + c_out * net(c_in * noisy, tf.math.log(sigma) / 4.0)
        weight = (sigma ** 2 + sd ** 2) / (sigma * sd) ** 2
        return tf.reduce_mean(weight * tf.square(denoised - batch["x"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(0, 0.5, (B, D)).astype(fx), "eps": rng.normal(size=(B, D)).astype(fx),
                      "rnd_normal": rng.normal(size=(B,)).astype(fx)},
            "variables": [W1, W2]}
