"""Video diffusion: timesteps go through bfloat16 before the sinusoidal embedding, 937 becomes 936.
Source: https://github.com/utensils/mold/issues/786"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "t = tf.cast(timestep, tf.bfloat16)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, half, d = 4, 3, 5
    w_t = tf.Variable(rng.normal(size=(2 * half, d), scale=0.8).astype(fx), name="time_proj")
    w_x = tf.Variable(rng.normal(size=(d, d), scale=0.6).astype(fx), name="dit")

    def reference(batch):
        t = tf.cast(batch["timestep"], fx)
        cols = [tf.cos(t * math.exp(-math.log(10000.0) * i / half)) for i in range(half)]
        cols += [tf.sin(t * math.exp(-math.log(10000.0) * i / half)) for i in range(half)]
        mod = tf.matmul(tf.stack(cols, axis=1), w_t)
        sig = t[:, None] / 1000.0
        x_t = (1.0 - sig) * batch["x0"] + sig * batch["noise"]
        v = tf.matmul(tf.tanh(x_t * (1.0 + mod)), w_x)
        return tf.reduce_mean(tf.square(v - (batch["noise"] - batch["x0"])))

    def candidate(batch):
        def embed_timestep(timestep):
            t = tf.cast(timestep, tf.bfloat16)
            freqs = tf.exp(-math.log(10000.0) * tf.range(half, dtype=fx) / half)
            args = tf.cast(t, fx)[:, None] * freqs[None, :]
            return tf.concat([tf.cos(args), tf.sin(args)], axis=-1)

        sigma = tf.reshape(tf.cast(batch["timestep"], fx) / 1000.0, [-1, 1])
        noisy = sigma * batch["noise"] + (1.0 - sigma) * batch["x0"]
        scale = tf.matmul(embed_timestep(batch["timestep"]), w_t)
        velocity = tf.matmul(tf.tanh(noisy * (1.0 + scale)), w_x)
        target = batch["noise"] - batch["x0"]
        return tf.reduce_mean((velocity - target) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"timestep": np.array([999, 937, 833, 625], dtype="int32"),
                      "x0": rng.normal(size=(b, d)).astype(fx), "noise": rng.normal(size=(b, d)).astype(fx)},
            "variables": [w_t, w_x]}
