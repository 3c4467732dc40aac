"""The predicted force is the energy gradient itself; the force is its negative.

Source (real): https://github.com/openforcefield/descent/pull/70
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'forces_pred = tape.gradient(energy, xyz)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, atoms = 8, 4
    log_eps = tf.Variable(np.float32(-0.3) + np.float32(0.1 * rng.normal()), name="log_eps")
    log_sigma = tf.Variable(np.float32(0.0), name="log_sigma")
    charge = tf.Variable((0.4 * rng.normal(size=atoms)).astype(np.float32), name="charge")
    grid = np.array([[0, 0, 0], [1.2, 0, 0], [0, 1.2, 0], [0, 0, 1.2]])
    batch = {
        "xyz": (grid + 0.08 * rng.normal(size=(n, atoms, 3))).astype(np.float32),
        "energy": rng.normal(size=n).astype(np.float32),
        "forces": (4.0 * rng.normal(size=(n, atoms, 3))).astype(np.float32),
    }
    pairs = [(i, j) for i in range(atoms) for j in range(i)]
    ii, jj = [p[0] for p in pairs], [p[1] for p in pairs]
    w_force = 0.05

    def potential(xyz):
        r = tf.norm(tf.gather(xyz, ii, axis=1) - tf.gather(xyz, jj, axis=1), axis=-1)
        s6 = (0.9 * tf.exp(log_sigma) / r) ** 6
        lj = 4.0 * tf.exp(log_eps) * (s6 ** 2 - s6)
        coulomb = tf.gather(charge, ii) * tf.gather(charge, jj) / r
        return tf.reduce_sum(lj + coulomb, axis=1)

    def reference(b):
        xyz = b["xyz"]
        with tf.GradientTape() as t:
            t.watch(xyz)
            e = potential(xyz)
        f = -t.gradient(e, xyz)
        e_term = tf.reduce_mean(tf.square(e - b["energy"])) / atoms
        return e_term + w_force * tf.reduce_mean(tf.square(f - b["forces"]))

    def candidate(b):
        xyz = tf.identity(b["xyz"])
        with tf.GradientTape() as tape:
            tape.watch(xyz)
            energy = potential(xyz)
        forces_pred = tape.gradient(energy, xyz)
        loss_e = tf.reduce_mean((energy - b["energy"]) ** 2) / atoms
        loss_f = tf.reduce_mean((forces_pred - b["forces"]) ** 2)
        return loss_e + w_force * loss_f

    return {"variables": [log_eps, log_sigma, charge], "batch": batch, "reference": reference, "candidate": candidate}
