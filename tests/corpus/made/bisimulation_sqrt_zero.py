"""Bisimulation / temporal-distance representation: the Euclidean distance of an unchanged state to itself.

Source (realistic): "NaN gradient of tf.norm at zero" (tensorflow/tensorflow threads and Stack Overflow); in RL it shows
up when the agent runs into a wall and next_obs == obs.
Right answer: NOT equivalent; same finite loss, but d sqrt(x)/dx at 0 is inf and inf * 0 is NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "dist = tf.sqrt(tf.reduce_sum(tf.square(gap), axis=-1))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, z = 22, 5, 7, 3
    enc = keras.Sequential(
        [
            keras.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="tanh", name="enc_h"),
            keras.layers.Dense(z, use_bias=False, name="enc_z"),
        ]
    )
    enc.set_weights([0.6 * rng.standard_normal(p.shape) for p in enc.get_weights()])
    obs = rng.standard_normal((n, d)).astype(f)
    nxt = rng.standard_normal((n, d)).astype(f)
    nxt[3::6] = obs[3::6]
    batch = {"obs": obs, "next_obs": nxt, "target": np.abs(1.0 + rng.standard_normal(n)).astype(f)}

    def reference(b):
        m = b["target"].shape[0]
        total = 0.0
        for i in range(m):
            if bool(tf.reduce_all(b["obs"][i] == b["next_obs"][i])):
                total += tf.square(b["target"][i])
                continue
            gap = enc(b["obs"][i : i + 1]) - enc(b["next_obs"][i : i + 1])
            total += tf.square(tf.norm(gap) - b["target"][i])
        return total / m

    def candidate(b):
        here, there = tf.split(enc(tf.concat([b["obs"], b["next_obs"]], axis=0)), 2)
        gap = here - there
        dist = tf.sqrt(tf.reduce_sum(tf.square(gap), axis=-1))
        return tf.reduce_mean(tf.square(dist - b["target"]))

    return {
        "variables": enc.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
