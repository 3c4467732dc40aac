"""Goal-conditioned world model: the config lists the reward head among the heads whose gradient reaches the model, although
the rewards in the data are not meant to shape the latent (only the image head is).
Source: https://github.com/orybkin/lexa/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "grad_heads = [\"image\", \"reward\"]",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pix, z = 17, 9, 5
    encoder = keras.layers.Dense(z, activation="tanh", name="encoder")
    image_head = keras.layers.Dense(pix, name="image_head")
    reward_head = keras.layers.Dense(1, name="reward_head")
    encoder.build((None, pix))
    image_head.build((None, z))
    reward_head.build((None, z))
    kl_scale = 0.1

    def reference(batch):
        latent = encoder(batch["image"])
        recon = 0.5 * tf.reduce_sum((image_head(latent) - batch["image"]) ** 2, axis=1)
        frozen = tf.stop_gradient(latent)
        rew = 0.5 * (tf.squeeze(reward_head(frozen), 1) - batch["reward"]) ** 2
        prior = 0.5 * tf.reduce_sum(latent ** 2, axis=1)
        return tf.reduce_mean(recon + rew + kl_scale * prior)

    def candidate(batch):
        grad_heads = ["image", "reward"]
        heads = {"image": image_head, "reward": reward_head}

        def log_prob(name, pred):
            truth = batch[name] if name == "image" else batch[name][:, None]
            return -0.5 * tf.reduce_sum(tf.square(pred - truth), axis=-1)

        feat = encoder(batch["image"])
        likes = {}
        for name, head in heads.items():
            inp = feat if name in grad_heads else tf.stop_gradient(feat)
            likes[name] = tf.reduce_mean(log_prob(name, head(inp)))
        div = tf.reduce_mean(tf.reduce_sum(tf.square(feat), -1)) / 2
        return kl_scale * div - sum(likes.values())

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "image": rng.standard_normal((n, pix)).astype(f),
            "reward": (2 * rng.standard_normal(n)).astype(f),
        },
        "variables": encoder.trainable_variables + image_head.trainable_variables + reward_head.trainable_variables,
    }
