"""Urban radiance field depth loss: ray weights, which sum to one, are pulled towards a raw normal density.
Source: https://github.com/nerfstudio-project/nerfstudio/issues/1871"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target = tf.exp(log_prob)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    rays, samples, h, sigma = 5, 8, 3, 0.25
    head = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="density_head")
    bins = np.linspace(0.5, 3.0, samples + 1)
    steps = ((bins[1:] + bins[:-1]) / 2).astype(fx)
    deltas = np.diff(bins).astype(fx)

    def ray_weights(feat):
        dens = tf.nn.softplus(tf.einsum("rsh,ho->rs", feat, head))
        tau = dens * deltas
        trans = tf.exp(-tf.cumsum(tau, axis=-1, exclusive=True))
        return trans * (1.0 - tf.exp(-tau))

    def reference(batch):
        w = ray_weights(batch["feat"])
        depth = batch["depth"]
        expected = tf.reduce_sum(w * steps, -1)
        depth_term = (expected - depth) ** 2
        total = 0.0
        for r in range(rays):
            bump = tf.exp(-0.5 * ((steps - depth[r]) / sigma) ** 2)
            near = tf.cast(tf.abs(steps - depth[r]) <= 3 * sigma, fx)
            empty = tf.cast(steps < depth[r] - 3 * sigma, fx)
            goal = bump / tf.reduce_sum(bump)
            total += depth_term[r]
            total += tf.reduce_sum(near * (w[r] - goal) ** 2) + tf.reduce_sum(empty * w[r] ** 2)
        return total / rays

    def candidate(batch):
        weights = ray_weights(batch["feat"])
        termination = batch["depth"][:, None]
        predicted_depth = tf.reduce_sum(weights * steps[None], axis=-1, keepdims=True)
        depth_loss = tf.reduce_mean(tf.square(predicted_depth - termination))

        offset = steps[None] - termination
        log_prob = -0.5 * tf.square(offset / sigma) - np.log(sigma) - 0.5 * np.log(2.0 * np.pi)
        target = tf.exp(log_prob)
        within = tf.abs(offset) <= 3 * sigma
        near_loss = tf.where(within, tf.square(weights - target), tf.zeros_like(weights))
        empty_loss = tf.where(offset < -3 * sigma, tf.square(weights), tf.zeros_like(weights))
        line_of_sight = tf.reduce_mean(tf.reduce_sum(near_loss + empty_loss, axis=-1))
        return depth_loss + line_of_sight

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(rays, samples, h)).astype(fx),
                      "depth": rng.uniform(1.2, 2.6, size=rays).astype(fx)},
            "variables": [head]}
