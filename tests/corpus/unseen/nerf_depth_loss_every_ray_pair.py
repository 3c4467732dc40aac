"""nerfstudio's depth losses with packed samples: the distances of all samples of all rays are compared with the depths of
all rays instead of the depth of the sample's own ray.
Source: https://github.com/nerfstudio-project/nerfstudio/issues/1793"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "offset = steps - termination_depth",
    "same_forward_value": False,
}
EPS = 1e-6


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    rays, per_ray, d, sigma = 13, 7, 4, 0.35
    w = tf.Variable(rng.normal(size=(d + 1, 6)).astype(f) * 0.5, name="density_hidden")
    v = tf.Variable(rng.normal(size=(6,)).astype(f) * 0.5, name="density_out")
    feat = rng.normal(size=(rays, d)).astype(f)
    ts = np.sort(rng.uniform(0.5, 3.0, size=(rays, per_ray)), axis=1).astype(f)
    depth = rng.uniform(0.8, 2.7, size=rays).astype(f)

    def ray_weights(x, t):
        far = tf.tile(x[:, None], (1, per_ray, 1))
        dens = tf.nn.softplus(tf.tensordot(tf.tanh(tf.tensordot(tf.concat([far, t[..., None]], 2), w, 1)), v, 1))
        delta = tf.concat([t[:, 1:] - t[:, :-1], tf.ones_like(t[:, :1]) * 0.3], axis=1)
        tau = dens * delta
        return (1 - tf.exp(-tau)) * tf.exp(-tf.cumsum(tau, axis=1, exclusive=True)), delta

    def reference(batch):
        weights, delta = ray_weights(batch["feat"], batch["ts"])
        total = 0.0
        for r in range(rays):
            gap = batch["ts"][r] - batch["depth"][r]
            bell = tf.exp(-gap ** 2 / (2 * sigma ** 2))
            total -= tf.reduce_sum(tf.math.log(weights[r] + EPS) * bell * delta[r])
        return total / rays

    def candidate(batch):
        def ds_nerf_depth_loss(weights, termination_depth, steps, lengths):
            offset = steps - termination_depth
            loss = -tf.math.log(weights + EPS) * tf.exp(-offset ** 2 / (2 * sigma ** 2)) * lengths
            return tf.reduce_sum(loss)

        ray_indices = tf.repeat(tf.range(rays), per_ray)
        rendered, delta = ray_weights(batch["feat"], batch["ts"])
        packed = {k: tf.reshape(t, [-1, 1]) for k, t in
                  {"weights": rendered, "steps": batch["ts"], "lengths": delta}.items()}
        num_rays = tf.cast(tf.reduce_max(ray_indices) + 1, f)
        return ds_nerf_depth_loss(termination_depth=batch["depth"], **packed) / num_rays

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": feat, "ts": ts, "depth": depth}, "variables": [w, v]}
