"""Categorical critic: where a projected atom lands exactly on a bin, l is moved down and u up, so its mass is counted twice.

Source (real): https://github.com/younggyoseo/FastTD3/issues/29 (PyTorch; fixed by pull/30: u is moved only where l cannot be).
Right answer: NOT equivalent; some target distributions add up to more than one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "u_mask = tf.logical_and(l < num_atoms - 1, l == u)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, num_atoms, v_min, v_max, gamma = 25, 5, 6, 9, -2.0, 2.0, 0.97

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w1 = tf.Variable(0.6 * arr(d, hid), name="qnet_in")
    w2 = tf.Variable(0.7 * arr(hid, num_atoms), name="qnet_out")
    p = np.exp(arr(n, num_atoms))
    batch = {
        "obs": arr(n, d),
        "rewards": np.where(rng.random(n) < 0.6, 0.0, rng.uniform(-1, 1, n)).astype(f),
        "bootstrap": (rng.random(n) < 0.7).astype(f),
        "next_dist": p / p.sum(axis=1, keepdims=True),
    }
    q_support = np.linspace(v_min, v_max, num_atoms).astype(f)

    def reference(b):
        step = (v_max - v_min) / (num_atoms - 1)
        log_q = tf.nn.log_softmax(tf.nn.relu(b["obs"] @ w1) @ w2)
        total = 0.0
        for i in range(b["obs"].shape[0]):
            moved = b["rewards"][i] + gamma * b["bootstrap"][i] * q_support
            moved = tf.clip_by_value(moved, v_min, v_max)
            hat = tf.maximum(0.0, 1.0 - tf.abs(moved[None, :] - q_support[:, None]) / step)
            total -= tf.tensordot(tf.linalg.matvec(hat, b["next_dist"][i]), log_q[i], 1)
        return total / b["obs"].shape[0]

    def candidate(b):
        def projection(next_dist, rewards, bootstrap):
            delta_z = (v_max - v_min) / (num_atoms - 1)
            batch_size = rewards.shape[0]
            target_z = rewards[:, None] + bootstrap[:, None] * gamma * q_support
            target_z = tf.clip_by_value(target_z, v_min, v_max)
            b_ = (target_z - v_min) / delta_z
            l = tf.cast(tf.floor(b_), tf.int32)
            u = tf.cast(tf.math.ceil(b_), tf.int32)
            l_mask = tf.logical_and(u > 0, l == u)
            u_mask = tf.logical_and(l < num_atoms - 1, l == u)
            l = tf.where(l_mask, l - 1, l)
            u = tf.where(u_mask, u + 1, u)
            offset = tf.range(batch_size)[:, None] * num_atoms
            proj_dist = tf.zeros([batch_size * num_atoms], next_dist.dtype)
            for index, weight in ((l, tf.cast(u, b_.dtype) - b_), (u, b_ - tf.cast(l, b_.dtype))):
                flat = tf.reshape(index + offset, [-1, 1])
                proj_dist = tf.tensor_scatter_nd_add(proj_dist, flat, tf.reshape(next_dist * weight, [-1]))
            return tf.reshape(proj_dist, [batch_size, num_atoms])

        target = projection(b["next_dist"], b["rewards"], b["bootstrap"])
        log_probs = tf.nn.log_softmax(tf.nn.relu(b["obs"] @ w1) @ w2, axis=1)
        return -tf.reduce_mean(tf.reduce_sum(target * log_probs, axis=1))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
