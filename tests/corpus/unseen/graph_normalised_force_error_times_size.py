"""Energy/force loss normalised by molecule size: the squared force error of each molecule is multiplied by its number of atoms instead of divided.

Source (real): https://github.com/torchmd/torchmd-net/pull/13
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "scaled = per_mol * sizes",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    mols, d, h = 6, 3, 8
    sizes_np = rng.integers(2, 6, mols)
    sizes_np[:2] = [2, 5]
    owner = np.repeat(np.arange(mols), sizes_np)
    atoms = len(owner)
    w1 = tf.Variable(rng.normal(0, 0.6, (d, h)), name="w1", dtype=tf.float32)
    b1 = tf.Variable(rng.normal(0, 0.4, (h,)), name="b1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.6, (h, 1)), name="w2", dtype=tf.float32)
    batch = {
        "pos": rng.normal(size=(atoms, d)).astype(np.float32),
        "force": rng.normal(size=(atoms, d)).astype(np.float32),
        "mol": owner.astype(np.int32),
        "energy": rng.normal(size=(mols,)).astype(np.float32),
    }

    def predict(b):
        pos = tf.identity(b["pos"])
        with tf.GradientTape() as tape:
            tape.watch(pos)
            per_atom = tf.squeeze(tf.tanh(pos @ w1 + b1) @ w2, -1)
            energy = tf.math.segment_sum(per_atom, b["mol"])
        return energy, -tape.gradient(energy, pos)

    def energy_loss(energy, b):
        return tf.reduce_mean(tf.square(energy - b["energy"]))

    def reference(b):
        energy, force = predict(b)
        total = 0.0
        for m in range(mols):
            mine = tf.cast(tf.equal(b["mol"], m), tf.float32)[:, None]
            err = tf.reduce_sum(mine * tf.square(force - b["force"]))
            total += err / tf.reduce_sum(mine)
        return 0.2 * energy_loss(energy, b) + total / mols

    def graph_norm_mse(pred, target, mol):
        sizes = tf.math.segment_sum(tf.ones_like(pred[:, 0]), mol)
        sq = tf.reduce_sum(tf.square(pred - target), axis=-1)
        per_mol = tf.math.segment_sum(sq, mol)
        scaled = per_mol * sizes
        return tf.reduce_mean(scaled)

    def candidate(b):
        energy, force = predict(b)
        return 0.2 * energy_loss(energy, b) + graph_norm_mse(force, b["force"], b["mol"])

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
