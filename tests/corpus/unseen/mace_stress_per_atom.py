"""MACE: the stress error is divided by the number of atoms like the energy error, although stress is intensive.

Source (real): https://github.com/ACEsuit/mace/issues/437 and pull/438 (`weighted_mean_squared_stress`, PyTorch, ported; fixed).
Right answer: NOT equivalent; configurations with many atoms hardly count in the stress part.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(ref["stress_weight"] * tf.square((ref["stress"] - pred["stress"]) / num_atoms))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, basis = 12, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    coef = tf.Variable(0.8 * arr(basis), name="pair_coef")
    e0 = tf.Variable(0.5 * arr(1), name="atomic_energy")
    centers = np.linspace(0.6, 3.0, basis).astype(f)
    batch = {
        "pos": (1.3 * arr(n, atoms, 3)).astype(f),
        "n_atoms": rng.integers(2, atoms + 1, n),
        "energy": arr(n),
        "stress": (0.3 * arr(n, 3, 3)).astype(f),
        "stress_weight": rng.uniform(0.5, 1.5, (n, 1, 1)).astype(f),
        "volume": rng.uniform(1.0, 2.0, n).astype(f),
    }
    pairs = [(i, j) for i in range(atoms) for j in range(i)]

    def reference(b):
        # analytic virial: sum over pairs of phi'(r) * r_vec r_vec^T / r
        m = tf.cast(b["n_atoms"], coef.dtype)
        energy, virial = m * e0[0], 0.0
        for i, j in pairs:
            both = tf.cast(b["n_atoms"] > i, coef.dtype)  # i > j
            d = b["pos"][:, i] - b["pos"][:, j]
            r = tf.norm(d, axis=1)
            gauss = tf.exp(-2.0 * tf.square(r[:, None] - centers))
            slope = tf.linalg.matvec(-4.0 * (r[:, None] - centers) * gauss, coef)
            energy += both * tf.linalg.matvec(gauss, coef)
            virial += tf.einsum("n,ni,nj->nij", both * slope / r, d, d)
        stress = virial / b["volume"][:, None, None]
        e_loss = tf.reduce_mean(tf.square((b["energy"] - energy) / m))
        return e_loss + tf.reduce_mean(b["stress_weight"] * tf.square(b["stress"] - stress))

    def candidate(b):
        left, right = (np.array(side) for side in zip(*pairs))

        def model(ref):
            mask = tf.cast(ref["n_atoms"][:, None] > left, coef.dtype)
            strain = tf.zeros_like(ref["stress"])
            with tf.GradientTape() as tape:
                tape.watch(strain)
                moved = ref["pos"] + tf.einsum("nai,nij->naj", ref["pos"], strain)
                vec = tf.gather(moved, left, axis=1) - tf.gather(moved, right, axis=1)
                r = tf.sqrt(tf.reduce_sum(vec**2, axis=-1))
                phi = tf.einsum("npk,k->np", tf.exp(-2.0 * tf.square(r[..., None] - centers)), coef)
                energy = tf.reduce_sum(mask * phi, axis=1) + e0[0] * tf.cast(ref["n_atoms"], coef.dtype)
            virials = tape.gradient(energy, strain)
            return {"energy": energy, "stress": virials / ref["volume"][:, None, None]}

        def weighted_mean_squared_error_energy(ref, pred):
            num_atoms = tf.cast(ref["n_atoms"], coef.dtype)
            return tf.reduce_mean(tf.square((ref["energy"] - pred["energy"]) / num_atoms))

        def weighted_mean_squared_stress(ref, pred):
            num_atoms = tf.reshape(tf.cast(ref["n_atoms"], coef.dtype), [-1, 1, 1])
            return tf.reduce_mean(ref["stress_weight"] * tf.square((ref["stress"] - pred["stress"]) / num_atoms))

        pred = model(b)
        return weighted_mean_squared_error_energy(b, pred) + weighted_mean_squared_stress(b, pred)

    return {"variables": [coef, e0], "batch": batch, "reference": reference, "candidate": candidate}
