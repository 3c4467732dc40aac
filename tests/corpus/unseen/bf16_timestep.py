"""The integer timestep is cast to the compute dtype bfloat16 before the sinusoidal embedding; 937 becomes 936.
Source: https://github.com/utensils/mold/pull/811"""
import math

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "t_scaled = tf.cast(timesteps, compute_dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, freq = 5, 6, 8
    time_mlp = keras.layers.Dense(d, name="time_mlp")
    block = keras.layers.Dense(d, name="block")
    time_mlp.build((n, freq))
    block.build((n, d))

    def reference(batch):
        t = tf.cast(batch["t"], fx)
        cols = []
        for k in range(freq // 2):
            cols.append(tf.cos(t * 10000 ** (-k / (freq // 2))))
        for k in range(freq // 2):
            cols.append(tf.sin(t * 10000 ** (-k / (freq // 2))))
        mod = time_mlp(tf.stack(cols, axis=1))
        sigma = t[:, None] / 1000.0
        xt = (1 - sigma) * batch["x0"] + sigma * batch["noise"]
        out = block(xt * (1 + mod))
        return tf.reduce_mean((out - (batch["noise"] - batch["x0"])) ** 2)

    def candidate(batch):
        compute_dtype = tf.bfloat16

        def sinusoidal_embedding(position, dim):
            half = dim // 2
            position = tf.cast(position, fx)
            inv = tf.exp(-math.log(10000.0) * tf.range(half, dtype=fx) / half)
            sinusoid = position[:, None] * inv[None, :]
            return tf.concat([tf.cos(sinusoid), tf.sin(sinusoid)], axis=1)

        def embed_timestep(timesteps):
            t_scaled = tf.cast(timesteps, compute_dtype)
            return time_mlp(sinusoidal_embedding(t_scaled, freq))

        scale = embed_timestep(batch["t"])
        sigmas = tf.cast(batch["t"], fx)[:, None] / 1000.0
        latents = sigmas * batch["noise"] + (1.0 - sigmas) * batch["x0"]
        velocity = block(latents * (1.0 + scale))
        target = batch["noise"] - batch["x0"]
        return tf.reduce_mean(tf.square(velocity - target))

    return {"reference": reference, "candidate": candidate,
            "batch": {"t": np.array([999, 937, 833, 625, 541]), "x0": rng.normal(size=(n, d)).astype(fx),
                      "noise": rng.normal(size=(n, d)).astype(fx)},
            "variables": time_mlp.trainable_variables + block.trainable_variables}
