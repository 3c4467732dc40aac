"""It is suspected that stop_gradient in the quantizer cuts the encoder off; soft + stop_gradient(hard - soft) lets the
soft assignment's gradient through as meant. Source: https://github.com/Justin-Tan/generative-compression/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, d, c, temperature = 4, 7, 5, 1.0
    encoder = keras.layers.Dense(c, name="encoder", kernel_initializer=keras.initializers.RandomNormal(stddev=0.6))
    decoder = keras.layers.Dense(d, name="decoder")
    encoder.build((None, d))
    decoder.build((None, c))
    levels = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])

    def reference(batch):
        z = encoder(batch["x"])
        grid = tf.constant(levels, dtype=z.dtype)

        @tf.custom_gradient
        def harden(soft, hard):
            def grad(up):
                return up, None
            return tf.identity(hard), grad

        dist = tf.abs(z[..., None] - grid)
        weights = tf.nn.softmax(-dist / temperature)
        soft = tf.linalg.matvec(weights, grid)
        nearest = tf.gather(grid, tf.argmin(dist, axis=-1))
        x_hat = decoder(harden(soft, nearest))
        return tf.reduce_mean((batch["x"] - x_hat) ** 2) + 0.01 * tf.reduce_mean(z ** 2)

    def candidate(batch):
        w = encoder(batch["x"])
        centers = tf.cast(levels, w.dtype)
        w_stack = tf.stack([w for _ in range(len(levels))], axis=-1)
        w_hard = tf.cast(tf.argmin(tf.abs(w_stack - centers), axis=-1), w.dtype) + tf.reduce_min(centers)
        smx = tf.nn.softmax(-1.0 / temperature * tf.abs(w_stack - centers), axis=-1)
        w_soft = tf.einsum("ijk,k->ij", smx, centers)
        w_bar = w_soft + tf.stop_gradient(w_hard - w_soft)
        reconstruction = decoder(w_bar)
        distortion = tf.reduce_mean(tf.math.squared_difference(batch["x"], reconstruction))
        return distortion + 0.01 * tf.reduce_mean(tf.square(w))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, d)).astype(fx)},
            "variables": encoder.trainable_variables + decoder.trainable_variables}
