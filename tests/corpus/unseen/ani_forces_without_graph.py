"""Force training of an atomic potential: the forces are computed without a graph of their own, so the force error trains nothing.

Source (real): https://github.com/aiqm/torchani/pull/238 ("Create graph for force in force training": `create_graph=True` was missing; PyTorch, ported
as a stop_gradient of the inner derivative).
Right answer: NOT equivalent. The loss is the same, but only the energy error has a gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "forces = -tf.stop_gradient(tape.gradient(energies, coordinates))",
    "same_forward_value": True,
}

_FORCE_COEFFICIENT = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, radial, hid = 12, 4, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(radial, hid), name="layer1_w")
    b1 = tf.Variable(0.2 * arr(hid), name="layer1_b")
    w2 = tf.Variable(0.6 * arr(hid), name="layer2_w")
    shf = np.linspace(0.5, 2.5, radial).astype(f)
    batch = {"xyz": arr(n, atoms, 3), "energy": arr(n), "force": arr(n, atoms, 3)}

    def reference(b):
        # forces by hand: chain rule through the radial symmetry functions
        diff = b["xyz"][:, :, None] - b["xyz"][:, None]
        eye = np.eye(atoms, dtype=f)
        r = tf.sqrt(tf.reduce_sum(diff**2, -1) + eye)
        off = 1.0 - eye
        g = tf.exp(-2.0 * tf.square(r[..., None] - shf)) * off[:, :, None]
        hidden = tf.tanh(tf.reduce_sum(g, axis=2) @ w1 + b1)
        energy = tf.einsum("nah,h->n", hidden, w2)
        dE_daev = tf.einsum("nah,h,kh->nak", 1.0 - hidden**2, w2, w1)
        dE_dr = tf.einsum("nak,nabk->nab", dE_daev, -4.0 * (r[..., None] - shf) * g)
        both_ways = dE_dr + tf.transpose(dE_dr, [0, 2, 1])
        force = -tf.einsum("nab,nabi->nai", both_ways / r, diff)
        e_loss = tf.reduce_mean(tf.square(energy - b["energy"])) / atoms**0.5
        f_loss = tf.reduce_mean(tf.reduce_sum(tf.square(force - b["force"]), axis=[1, 2])) / atoms
        return e_loss + _FORCE_COEFFICIENT * f_loss

    def candidate(b):
        def aev_computer(xyz):
            out = []
            for i in range(atoms):
                others = [j for j in range(atoms) if j != i]
                vec = tf.gather(xyz, others, axis=1) - xyz[:, i : i + 1]
                dist = tf.norm(vec, axis=-1)
                out.append(tf.reduce_sum(tf.exp(-2.0 * (dist[..., None] - shf) ** 2), axis=1))
            return tf.stack(out, axis=1)

        def model(xyz):
            h = tf.tanh(aev_computer(xyz) @ w1 + b1)
            return tf.reduce_sum(tf.linalg.matvec(h, w2), axis=1)

        coordinates, true_forces = b["xyz"], b["force"]
        with tf.GradientTape() as tape:
            tape.watch(coordinates)
            energies = model(coordinates)
        forces = -tf.stop_gradient(tape.gradient(energies, coordinates))
        energy_loss = tf.reduce_mean((energies - b["energy"]) ** 2 / atoms**0.5)
        force_loss = tf.reduce_mean(tf.reduce_sum((true_forces - forces) ** 2, axis=[1, 2]) / atoms)
        return energy_loss + _FORCE_COEFFICIENT * force_loss

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
