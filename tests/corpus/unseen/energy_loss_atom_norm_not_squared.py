"""Interatomic potential: the squared energy error is divided by the number of atoms instead of its square.

Source (real): https://github.com/deepmodeling/deepmd-kit/pull/5332
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'energy_loss = tf.reduce_mean(atom_norm * tf.square(energy - b["energy"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, atoms, hid = 6, 8, 9
    w1 = tf.Variable(rng.normal(0, 0.6, (4, hid)), name="fit/w1")
    w2 = tf.Variable(rng.normal(0, 0.6, (hid, 1)), name="fit/w2")
    bias = tf.Variable(0.1, name="fit/bias", dtype=tf.float64)
    count = rng.integers(3, atoms + 1, n)
    mask = (np.arange(atoms)[None] < count[:, None]).astype(np.float64)
    batch = {"pos": rng.normal(0, 1.5, (n, atoms, 3)), "mask": mask, "energy": 3.0 * rng.normal(size=n),
             "force": rng.normal(0, 0.3, (n, atoms, 3)) * mask[..., None]}
    centers = tf.constant([0.5, 1.0, 2.0, 3.0], tf.float64)

    def energy_of(pos, m):
        diff = pos[:, :, None] - pos[:, None]
        pair = m[:, :, None] * m[:, None] * (1 - tf.eye(atoms, dtype=tf.float64))
        r2 = tf.reduce_sum(diff ** 2, -1)
        feats = tf.exp(-0.5 * (r2[..., None] - centers) ** 2 / 4.0) * pair[..., None]
        desc = tf.reduce_sum(feats, axis=2)
        per_atom = tf.squeeze(tf.tanh(desc @ w1) @ w2, -1) + bias
        return tf.reduce_sum(per_atom * m, axis=1)

    def energy_and_force(b):
        with tf.GradientTape() as t:
            t.watch(b["pos"])
            e = energy_of(b["pos"], b["mask"])
        return e, -t.gradient(e, b["pos"])

    def force_term(b, f):
        return tf.reduce_sum((f - b["force"]) ** 2 * b["mask"][..., None]) / (3.0 * tf.reduce_sum(b["mask"]))

    def reference(b):
        e, f = energy_and_force(b)
        n_atoms = tf.reduce_sum(b["mask"], axis=1)
        per_atom_error = (e - b["energy"]) / n_atoms
        return tf.reduce_mean(per_atom_error ** 2) + 0.1 * force_term(b, f)

    def candidate(b):
        energy, f = energy_and_force(b)
        atom_norm = 1.0 / tf.reduce_sum(b["mask"], axis=1)
        energy_loss = tf.reduce_mean(atom_norm * tf.square(energy - b["energy"]))
        return energy_loss + 0.1 * force_term(b, f)

    return {"variables": [w1, w2, bias], "batch": batch, "reference": reference, "candidate": candidate}
