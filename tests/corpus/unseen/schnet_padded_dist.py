"""Molecules of unequal size are padded with neighbours at distance 0; the square root gives NaN gradients there though
the mask removes the value. Source: https://github.com/atomistic-machine-learning/schnetpack/pull/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "distances = tf.reduce_sum(tf.square(dist_vec), axis=-1) ** 0.5 * neighbor_mask",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    atoms, nbh = 4, 3
    delta = tf.Variable((0.1 * rng.normal(size=(atoms, 3))).astype(fx), name="displacement")
    filt = keras.layers.Dense(6, activation="softplus", name="filter")
    out = keras.layers.Dense(1, name="out")
    filt.build((atoms, nbh, 4))
    out.build((atoms, 6))
    centers = np.linspace(0.5, 3.0, 4)

    def energy(r, mask):
        g = tf.exp(-(r[..., None] - tf.constant(centers, r.dtype)) ** 2)
        h = tf.reduce_sum(filt(g) * mask[..., None], axis=1)
        return tf.reduce_sum(out(h))

    def reference(batch):
        pos = batch["pos"] + delta
        mask = batch["mask"]
        vec = tf.gather(pos, batch["nbr"]) - pos[:, None]
        sq = tf.reduce_sum(vec ** 2, -1)
        safe = tf.where(mask > 0, sq, tf.ones_like(sq))
        r = tf.where(mask > 0, tf.sqrt(safe), tf.zeros_like(sq))
        return (energy(r, mask) - batch["e"]) ** 2 / atoms

    def candidate(batch):
        def atom_distances(positions, neighbors, neighbor_mask):
            nbh_pos = tf.gather(positions, neighbors)
            dist_vec = nbh_pos - tf.expand_dims(positions, 1)
            distances = tf.reduce_sum(tf.square(dist_vec), axis=-1) ** 0.5 * neighbor_mask
            return distances

        positions = batch["pos"] + delta
        r_ij = atom_distances(positions, batch["nbr"], batch["mask"])
        prediction = energy(r_ij, batch["mask"])
        return tf.square(prediction - batch["e"]) / atoms

    nbr = np.array([[1, 2, 3], [0, 2, 1], [0, 1, 2], [0, 3, 3]])
    mask = np.array([[1, 1, 1], [1, 1, 0], [1, 1, 0], [1, 0, 0.0]])
    return {"reference": reference, "candidate": candidate,
            "batch": {"pos": (1.5 * rng.normal(size=(atoms, 3))).astype(fx), "nbr": nbr, "mask": mask.astype(fx),
                      "e": np.asarray(-9.0, dtype=fx)},
            "variables": [delta] + filt.trainable_variables + out.trainable_variables}
