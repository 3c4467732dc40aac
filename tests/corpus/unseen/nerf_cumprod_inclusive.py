"""The NeRF compositing weights use an inclusive cumulative product, so each sample is dimmed by its own opacity too.
Source: https://github.com/KanishJebaMathewM/Truxify/pull/3664"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "weights = alpha * tf.math.cumprod(1.0 - alpha + 1e-10, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    rays, samples, near, far = 5, 7, 0.5, 3.0
    field = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(12, activation="tanh", name="f1"),
                              keras.layers.Dense(4, name="f2")])

    def query(points):
        raw = tf.reshape(field(tf.reshape(points, (-1, 3))), (rays, samples, 4))
        return tf.nn.sigmoid(raw[..., :3]), tf.nn.softplus(raw[..., 3])

    def reference(batch):
        t = tf.cast(tf.linspace(near, far, samples), batch["o"].dtype)
        color, sigma = query(batch["o"][:, None] + batch["d"][:, None] * t[None, :, None])
        gap = (far - near) / (samples - 1)
        passed, pixel = tf.ones((rays,), sigma.dtype), 0.0
        for i in range(samples):
            opacity = 1.0 - tf.exp(-sigma[:, i] * gap) if i < samples - 1 else tf.ones((rays,), sigma.dtype)
            pixel = pixel + (passed * opacity)[:, None] * color[:, i]
            passed = passed * (1.0 - opacity)
        return tf.reduce_mean((pixel - batch["rgb"]) ** 2)

    def candidate(batch):
        t_values = tf.cast(tf.linspace(near, far, samples), batch["o"].dtype)
        points = batch["o"][:, None, :] + batch["d"][:, None, :] * t_values[None, :, None]
        colors, densities = query(points)
        delta = t_values[1:] - t_values[:-1]
        delta = tf.concat([delta, tf.fill([1], tf.cast(1e10, delta.dtype))], axis=0)
        alpha = 1.0 - tf.exp(-densities * delta)
        weights = alpha * tf.math.cumprod(1.0 - alpha + 1e-10, axis=-1)
        rgb = tf.reduce_sum(weights[..., None] * colors, axis=-2)
        return tf.reduce_mean(tf.square(rgb - batch["rgb"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"o": rng.normal(size=(rays, 3)).astype(fx), "d": rng.normal(size=(rays, 3)).astype(fx),
                      "rgb": rng.uniform(size=(rays, 3)).astype(fx)},
            "variables": list(field.trainable_variables)}
