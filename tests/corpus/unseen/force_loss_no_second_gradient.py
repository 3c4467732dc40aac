"""Neural network potential: the predicted force carries no gradient, so only the energy trains the network.

Source (real): https://github.com/choderalab/modelforge/pull/240 (PyTorch, ported: "force loss without gradient").
Right answer: NOT equivalent; the value of the loss is right, the force term is a constant to the tape.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "per_atom_force_predict = -tf.stop_gradient(inner.gradient(per_system_energy, positions))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, space, basis, hid = 12, 4, 3, 5, 6
    weights = {"per_system_energy": 1.0, "per_atom_force": 2.0}

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(basis, hid), name="filter")
    w2 = tf.Variable(0.6 * arr(hid), name="energy_head")
    centres = np.linspace(0.5, 3.0, basis).astype(f)
    first, second = np.triu_indices(atoms, 1)
    grid = np.array([[0, 0, 0], [1.3, 0, 0], [0, 1.4, 0], [0, 0, 1.5]])
    batch = {
        "R": (grid[None] + 0.2 * rng.standard_normal((n, atoms, space))).astype(f),
        "E": arr(n),
        "F": arr(n, atoms, space),
    }

    def radial(dist):
        return tf.exp(-2.0 * tf.square(dist[..., None] - centres))

    def energy(r):
        d = tf.norm(tf.gather(r, first, axis=1) - tf.gather(r, second, axis=1), axis=-1)
        return tf.reduce_sum(tf.linalg.matvec(tf.tanh(radial(d) @ w1), w2), axis=1)

    def reference(b):
        # the derivative of the pair energies by hand
        gap = tf.gather(b["R"], first, axis=1) - tf.gather(b["R"], second, axis=1)
        dist = tf.norm(gap, axis=-1)
        g = radial(dist)
        t = tf.tanh(g @ w1)
        e = tf.reduce_sum(tf.linalg.matvec(t, w2), 1)
        dg = -4.0 * (dist[..., None] - centres) * g
        slope = tf.reduce_sum((1.0 - tf.square(t)) * w2 * (dg @ w1), -1)
        pull = slope[..., None] * gap / dist[..., None]
        into = tf.one_hot(first, atoms, dtype=pull.dtype) - tf.one_hot(second, atoms, dtype=pull.dtype)
        force = -tf.einsum("pa,bpx->bax", into, pull)
        return tf.reduce_mean(tf.square(e - b["E"])) + 2.0 * tf.reduce_mean(tf.square(force - b["F"]))

    def candidate(b):
        positions = b["R"]
        with tf.GradientTape() as inner:
            inner.watch(positions)
            per_system_energy = energy(positions)
        per_atom_force_predict = -tf.stop_gradient(inner.gradient(per_system_energy, positions))

        losses = {
            "per_system_energy": tf.reduce_mean(tf.square(per_system_energy - b["E"])),
            "per_atom_force": tf.reduce_mean(tf.square(per_atom_force_predict - b["F"])),
        }
        return sum(weights[key] * value for key, value in losses.items())

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
