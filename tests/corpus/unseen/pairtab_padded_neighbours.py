"""Tabulated pair energy: the distance of a padded neighbour is 0 ** 0.5; it is masked afterwards, but its gradient is inf * 0.

Source (real): https://github.com/deepmodeling/deepmd-kit/pull/5119 (PyTorch, ported; "prevent NaN gradients for zero differences
and padded/masked entries; outputs remain unchanged"; merged).
Right answer: NOT equivalent; same energy, NaN gradient for everything that moves the atoms.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "pairwise_rr = tf.reduce_sum(tf.square(coord_j - coord_l), axis=-1) ** 0.5",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, nnei, feat, knots = 13, 5, 4, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    shift = tf.Variable(0.3 * arr(feat, 3), name="shift")
    table = tf.Variable(arr(knots), name="table")
    centres = np.linspace(0.5, 3.0, knots).astype(f)
    nlist = np.full((n, atoms, nnei), -1)
    for i in range(n):
        for a in range(atoms):
            k = rng.integers(1, nnei + 1)
            nlist[i, a, :k] = rng.permutation([j for j in range(atoms) if j != a])[:k]
    nlist[0, 0, 1:] = -1
    batch = {"coord": 1.2 * arr(n, atoms, 3), "feat": arr(n, atoms, feat), "nlist": nlist, "energy": arr(n)}

    def pair_energy(r):
        return tf.reduce_sum(tf.exp(-2.0 * tf.square(r[..., None] - centres)) * table, axis=-1)

    def reference(b):
        total = 0.0
        for i in range(b["energy"].shape[0]):
            pos = b["coord"][i] + b["feat"][i] @ shift
            energy = 0.0
            for a in range(atoms):
                for j in b["nlist"][i, a].numpy():
                    if j >= 0:
                        energy += 0.5 * pair_energy(tf.norm(pos[a] - pos[j]))
            total += tf.square(energy - b["energy"][i])
        return total / b["energy"].shape[0]

    def candidate(b):
        coord = b["coord"] + b["feat"] @ shift
        mask = b["nlist"] >= 0
        own = tf.range(atoms, dtype=b["nlist"].dtype)[None, :, None]
        nlist_ = tf.where(mask, b["nlist"], own)
        coord_l = coord[:, :, None, :]
        coord_j = tf.gather(coord, nlist_, batch_dims=1)
        pairwise_rr = tf.reduce_sum(tf.square(coord_j - coord_l), axis=-1) ** 0.5
        raw_atomic_energy = pair_energy(pairwise_rr)
        atomic_energy = 0.5 * tf.reduce_sum(tf.where(mask, raw_atomic_energy, 0.0), axis=-1)
        return tf.reduce_mean(tf.square(tf.reduce_sum(atomic_energy, axis=1) - b["energy"]))

    return {"variables": [shift, table], "batch": batch, "reference": reference, "candidate": candidate}
