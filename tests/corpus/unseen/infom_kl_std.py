"""The KL term of the intention encoder adds exp(log_std) where the variance exp(log_std)**2 belongs.
Source: https://github.com/chongyi-zheng/infom/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl_loss = -0.5 * (1 + 2 * log_stds - tf.square(means) - tf.exp(log_stds))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, z, kl_weight = 5, 6, 3, 0.3
    enc = tf.Variable((rng.normal(size=(d, 2 * z)) / 2).astype(fx), name="enc")
    dec = tf.Variable(rng.normal(size=(d + z + 1, d)).astype(fx), name="dec")

    def reference(batch):
        mu, log_std = tf.split(tf.matmul(batch["next_obs"], enc), 2, axis=-1)
        std = tf.exp(log_std)
        latent = mu + std * batch["eps"]
        t = batch["t"][:, None]
        path = t * batch["future"] + (1 - t) * batch["noise"]
        vel = tf.matmul(tf.concat([path, latent, t], -1), dec)
        fm = tf.reduce_mean((vel - (batch["future"] - batch["noise"])) ** 2)
        kl = 0.5 * (std ** 2 + mu ** 2 - 1.0) - log_std
        return fm + kl_weight * tf.reduce_mean(kl)

    def candidate(batch):
        means, log_stds = tf.split(tf.matmul(batch["next_obs"], enc), 2, axis=-1)
        latents = means + batch["eps"] * tf.exp(log_stds)
        times = tf.expand_dims(batch["t"], -1)
        path = times * batch["future"] + (1 - times) * batch["noise"]
        vf_pred = tf.matmul(tf.concat([path, latents, times], axis=-1), dec)
        flow_matching_loss = tf.reduce_mean(tf.square(vf_pred - (batch["future"] - batch["noise"])))
        kl_loss = -0.5 * (1 + 2 * log_stds - tf.square(means) - tf.exp(log_stds))
        return flow_matching_loss + kl_weight * tf.reduce_mean(kl_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"next_obs": rng.normal(size=(n, d)).astype(fx), "future": rng.normal(size=(n, d)).astype(fx),
                      "noise": rng.normal(size=(n, d)).astype(fx), "eps": rng.normal(size=(n, z)).astype(fx),
                      "t": rng.uniform(size=n).astype(fx)},
            "variables": [enc, dec]}
