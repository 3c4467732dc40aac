"""Volume rendering: the cumulative product of (1 - alpha) includes the sample itself, so the transmittance is shifted by one.

Source (real): https://github.com/volunt4s/TinyNeRF-pytorch/issues/1 (PyTorch, ported; the thread compares
tf.math.cumprod(exclusive=True) of the original with the plain torch.cumprod).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "weights = alpha * tf.math.cumprod(1.0 - alpha + 1e-10, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, samples, d, hid = 17, 7, 3, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.8 * arr(d, hid), name="mlp_1")
    w2 = tf.Variable(0.8 * arr(hid, 4), name="mlp_2")
    z = np.sort(rng.uniform(2.0, 6.0, (n, samples)), axis=-1)
    direction = rng.standard_normal((n, 3))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    batch = {"z_vals": z.astype(f), "rays_d": direction.astype(f), "rgb": rng.uniform(0, 1, (n, 3)).astype(f)}

    def field(pts):
        raw = tf.nn.elu(pts @ w1) @ w2
        return tf.sigmoid(raw[..., :3]), tf.nn.softplus(raw[..., 3])

    def reference(b):
        total = 0.0
        m = b["z_vals"].shape[0]
        for r in range(m):
            light = tf.ones([], b["rgb"].dtype)
            pixel = tf.zeros([3], b["rgb"].dtype)
            for s in range(samples):
                z_here = b["z_vals"][r, s]
                step = b["z_vals"][r, s + 1] - z_here if s + 1 < samples else 1e10
                rgb, sigma = field((0.2 * z_here * b["rays_d"][r])[None])
                absorbed = 1.0 - tf.exp(-sigma[0] * step)
                pixel += light * absorbed * rgb[0]
                light *= 1.0 - absorbed + 1e-10
            total += tf.reduce_sum(tf.square(pixel - b["rgb"][r]))
        return total / (3 * m)

    def candidate(b):
        pts = 0.2 * b["rays_d"][:, None, :] * b["z_vals"][..., None]
        rgb, sigma_a = field(pts)
        far = tf.fill([b["z_vals"].shape[0], 1], tf.constant(1e10, sigma_a.dtype))
        dists = tf.concat([b["z_vals"][:, 1:] - b["z_vals"][:, :-1], far], axis=-1)
        alpha = 1.0 - tf.exp(-sigma_a * dists)
        weights = alpha * tf.math.cumprod(1.0 - alpha + 1e-10, axis=-1)
        rgb_map = tf.reduce_sum(weights[..., None] * rgb, axis=-2)
        return tf.reduce_mean(tf.square(rgb_map - b["rgb"]))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
