"""Hybrid WGAN on voxel grids: the generator minimises -log(critic) although the critic is a plain Wasserstein critic.
Source: https://github.com/marian42/shapegan/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "fake_loss = tf.reduce_mean(-tf.math.log(critic_output_fake))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, z, p, h = 6, 3, 5, 6
    g1 = tf.Variable((0.6 * rng.normal(size=(z + 3, h))).astype(fx), name="sdf_w1")
    g2 = tf.Variable((0.6 * rng.normal(size=(h, 1))).astype(fx), name="sdf_w2")
    c1 = (0.4 * rng.normal(size=(p, h))).astype(fx)
    c2 = (0.4 * rng.normal(size=(h, 1))).astype(fx)

    def sdf_net(points, code):
        tiled = tf.repeat(code[:, None], p, axis=1)
        pts = tf.repeat(points[None], n, axis=0)
        x = tf.nn.relu(tf.concat([pts, tiled], -1) @ g1)
        return tf.squeeze(tf.tanh(x @ g2), -1)

    def critic(volume):
        return tf.squeeze(tf.nn.leaky_relu(volume @ c1) @ c2, -1) + 4.0

    def reference(batch):
        total = 0.0
        volumes = sdf_net(batch["grid"], batch["latent"])
        for i in range(n):
            total -= critic(volumes[i:i + 1])[0]
        return total / n + 0.01 * tf.reduce_mean(tf.square(volumes))

    def candidate(batch):
        latent_codes = batch["latent"]
        fake_sample = sdf_net(batch["grid"], latent_codes)
        critic_output_fake = critic(fake_sample)
        fake_loss = tf.reduce_mean(-tf.math.log(critic_output_fake))
        regulariser = tf.reduce_mean(tf.square(fake_sample))
        return fake_loss + 0.01 * regulariser

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "grid": rng.uniform(-1, 1, size=(p, 3)).astype(fx),
            "latent": rng.normal(size=(n, z)).astype(fx),
        },
        "variables": [g1, g2],
    }
