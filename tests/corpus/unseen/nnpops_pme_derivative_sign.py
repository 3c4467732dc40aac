"""Direct PME term: the hand-written derivative of the energy by the distance lacks its minus, so the forces point the wrong way.

Source (real): https://github.com/openmm/NNPOps/issues/130 (pmeCPU.cpp, C++, ported; flipping the sign removes the discrepancies).
Right answer: NOT equivalent. E = C q1 q2 erfc(a r) / r falls with r, so dE/dr has a minus in front.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "dEdr = charge * prefactor * invR * (erfcAlphaR + alphaR * expAlphaRSqr * M_2_SQRTPI)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, d = 18, 4, 5
    alpha, coulomb = 0.6, 1.4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d), name="charge_w")
    bias = tf.Variable(np.asarray(0.3, f), name="charge_bias")
    corners = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]], f)
    batch = {"feat": arr(n, atoms, d), "pos": corners + 0.3 * arr(n, atoms, 3), "forces": 0.3 * arr(n, atoms, 3)}

    def charges(feat):
        return tf.linalg.matvec(feat, w) + bias

    def reference(b):
        pos = tf.convert_to_tensor(b["pos"])
        q = charges(b["feat"])
        with tf.GradientTape() as tape:
            tape.watch(pos)
            energy = 0.0
            for i in range(atoms):
                for j in range(i):
                    r = tf.norm(pos[:, i] - pos[:, j], axis=-1)
                    energy += tf.reduce_sum(coulomb * q[:, i] * q[:, j] * tf.math.erfc(alpha * r) / r)
        force = -tape.gradient(energy, pos)
        return tf.reduce_mean(tf.square(force - b["forces"]))

    def candidate(b):
        M_2_SQRTPI = 2.0 / np.sqrt(np.pi).astype(f)
        first, second = np.triu_indices(atoms, k=1)
        q = charges(b["feat"])
        delta = tf.gather(b["pos"], first, axis=1) - tf.gather(b["pos"], second, axis=1)
        r = tf.sqrt(tf.reduce_sum(tf.square(delta), axis=-1))
        invR = 1.0 / r
        alphaR = alpha * r
        expAlphaRSqr = tf.exp(-alphaR * alphaR)
        erfcAlphaR = tf.math.erfc(alphaR)
        prefactor = coulomb * invR
        charge = tf.gather(q, first, axis=1) * tf.gather(q, second, axis=1)
        dEdr = charge * prefactor * invR * (erfcAlphaR + alphaR * expAlphaRSqr * M_2_SQRTPI)
        pair_force = -(dEdr * invR)[..., None] * delta
        forces = tf.transpose(
            tf.math.unsorted_segment_sum(tf.transpose(pair_force, [1, 0, 2]), first, atoms)
            - tf.math.unsorted_segment_sum(tf.transpose(pair_force, [1, 0, 2]), second, atoms),
            [1, 0, 2],
        )
        return tf.reduce_mean(tf.square(forces - b["forces"]))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
