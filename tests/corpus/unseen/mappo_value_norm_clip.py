"""MAPPO with target normalisation and value clipping: old values stay on the raw scale while predictions are normalised.
Source: https://github.com/instadeepai/Mava/pull/805"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "behaviour_values = batch[\"behaviour_values\"]", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    T, N, d, eps = 5, 2, 4, 0.2
    w = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="critic_w")
    b = tf.Variable(0.1 * rng.normal(size=(1,)).astype(fx), name="critic_b")

    def reference(batch):
        mu, sd = batch["stat_mean"], batch["stat_std"]
        v = tf.squeeze(batch["obs"] @ w + b, -1)
        goal = (batch["target_values"] - mu) / sd
        old = (batch["behaviour_values"] - mu) / sd
        v_clip = old + tf.clip_by_value(v - old, -eps, eps)
        return 0.5 * tf.reduce_mean(tf.maximum((goal - v) ** 2, (goal - v_clip) ** 2))

    def candidate(batch):
        def normalize(x):
            return (x - batch["stat_mean"]) / batch["stat_std"]

        target_values = normalize(batch["target_values"])
        behaviour_values = batch["behaviour_values"]
        values = tf.reshape(tf.linalg.matmul(batch["obs"], w) + b, [T, N])
        unclipped_value_error = tf.square(target_values - values)
        value_delta = tf.clip_by_value(values - behaviour_values, -eps, eps)
        clipped_value_error = tf.square(target_values - (behaviour_values + value_delta))
        value_loss = tf.maximum(unclipped_value_error, clipped_value_error)
        return 0.5 * tf.reduce_mean(value_loss)

    obs = rng.normal(size=(T, N, d))
    v0 = (obs @ w.numpy() + b.numpy())[..., 0]
    raw_old = 6 + 3 * (v0 + 0.1 * rng.normal(size=(T, N)))
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs.astype(fx), "behaviour_values": raw_old.astype(fx),
                      "target_values": (6 + 3 * rng.normal(size=(T, N))).astype(fx),
                      "stat_mean": np.asarray(6.0).astype(fx), "stat_std": np.asarray(3.0).astype(fx)},
            "variables": [w, b]}
