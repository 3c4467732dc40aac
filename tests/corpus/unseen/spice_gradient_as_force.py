"""Force matching: the field dft_total_gradient of the data set is used as the force without a change of sign.

Source (real): https://github.com/facebookresearch/JMP/pull/2 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'force = b["dft_total_gradient"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, atoms, hid = 12, 4, 6
    w = tf.Variable(0.8 * arr(1, hid), name="radial")
    v = tf.Variable(0.5 * arr(hid, 1), name="energy_head")
    batch = {"pos": arr(n, atoms, 3), "dft_total_energy": arr(n)}
    pairs = [(i, j) for i in range(atoms) for j in range(i)]

    def energy(pos):
        left = tf.gather(pos, [i for i, _ in pairs], axis=1)
        right = tf.gather(pos, [j for _, j in pairs], axis=1)
        r2 = tf.reduce_sum((left - right) ** 2, axis=-1, keepdims=True)
        return tf.reduce_sum(tf.tanh(tf.exp(-0.3 * r2) @ w) @ v, axis=[1, 2])

    with tf.GradientTape() as outside:
        x = tf.constant(batch["pos"])
        outside.watch(x)
        rough = energy(x)
    batch["dft_total_gradient"] = 1.5 * outside.gradient(rough, x).numpy() + 0.2 * arr(n, atoms, 3)

    def reference(b):
        with tf.GradientTape() as tape:
            tape.watch(b["pos"])
            e = energy(b["pos"])
        de_dx = tape.gradient(e, b["pos"])
        gap = de_dx - b["dft_total_gradient"]
        return tf.reduce_mean((e - b["dft_total_energy"]) ** 2) + 2.0 * tf.reduce_mean(gap**2)

    def candidate(b):
        force = b["dft_total_gradient"]
        with tf.GradientTape() as tape:
            tape.watch(b["pos"])
            y = energy(b["pos"])
        pred_force = -tape.gradient(y, b["pos"])
        energy_loss = tf.reduce_mean(tf.square(y - b["dft_total_energy"]))
        force_loss = tf.reduce_mean(tf.square(pred_force - force))
        return energy_loss + 2.0 * force_loss

    return {"variables": [w, v], "batch": batch, "reference": reference, "candidate": candidate}
