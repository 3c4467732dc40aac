"""NeRF: is alpha * exclusive cumprod(1 - alpha) really T_i (1 - exp(-sigma_i delta_i)) of the paper?
Source: https://github.com/bmild/nerf/issues/171"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    rays, S, h = 4, 6, 3
    w = tf.Variable(f(h, 4), name="mlp")
    zv = np.sort(rng.uniform(1.0, 2.5, size=(rays, S)), axis=-1).astype(fx)

    def reference(batch):
        raw = batch["feat"] @ w
        total = 0.0
        for r in range(rays):
            colour, optical = tf.zeros([3], dtype=fx), tf.constant(0.0, dtype=fx)
            for i in range(S):
                delta = batch["z"][r, i + 1] - batch["z"][r, i] if i < S - 1 else tf.constant(1.0, dtype=fx)
                od = tf.nn.softplus(raw[r, i, 3]) * delta
                colour += tf.exp(-optical) * (1.0 - tf.exp(-od)) * tf.sigmoid(raw[r, i, :3])
                optical += od
            total += tf.reduce_sum((colour - batch["rgb"][r]) ** 2)
        return total / (3 * rays)

    def candidate(batch):
        raw = tf.tensordot(batch["feat"], w, axes=1)
        dists = batch["z"][:, 1:] - batch["z"][:, :-1]
        dists = tf.concat([dists, tf.ones_like(dists[:, :1])], axis=-1)
        alpha = 1.0 - tf.exp(-tf.nn.softplus(raw[..., 3]) * dists)
        weights = alpha * tf.math.cumprod(1.0 - alpha + 1e-10, axis=-1, exclusive=True)
        rgb_map = tf.reduce_sum(weights[..., None] * tf.sigmoid(raw[..., :3]), axis=-2)
        return tf.reduce_mean(tf.square(rgb_map - batch["rgb"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": f(rays, S, h), "z": zv, "rgb": rng.uniform(size=(rays, 3)).astype(fx)},
            "variables": [w]}
