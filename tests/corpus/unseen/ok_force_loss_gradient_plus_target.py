"""Right: (G + F)^2 with the energy gradient G is (F - (-G))^2; the plus sign is no mistake.

Source (real): https://github.com/jax-md/jax-md/issues/248
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, atoms, feats = 6, 4, 5
    w1 = tf.Variable((0.6 * rng.normal(size=(feats, 6))).astype(np.float32), name="w1")
    w2 = tf.Variable((0.6 * rng.normal(size=(6, 1))).astype(np.float32), name="w2")
    log_gamma = tf.Variable(np.float32(0.2), name="log_gamma")
    batch = {
        "position": (np.arange(atoms)[:, None] * np.array([0.9, 0.3, 0.1]) + 0.2 * rng.normal(size=(n, atoms, 3))).astype(np.float32),
        "E": rng.normal(size=n).astype(np.float32),
        "F": rng.normal(size=(n, atoms, 3)).astype(np.float32),
    }
    centres = tf.linspace(0.5, 3.0, feats)

    def energy(r):
        diff = r[..., :, None, :] - r[..., None, :, :]
        off = 1.0 - tf.eye(atoms)
        dist = tf.sqrt(tf.reduce_sum(diff ** 2, -1) + tf.eye(atoms))
        rbf = tf.exp(-tf.exp(log_gamma) * (dist[..., None] - centres) ** 2) * off[..., None]
        return tf.reduce_sum(tf.tanh(tf.reduce_sum(rbf, -2) @ w1) @ w2, axis=[-2, -1])

    def reference(b):
        losses = []
        for i in range(n):
            r = b["position"][i]
            with tf.GradientTape() as tape:
                tape.watch(r)
                potential = energy(r)
            force = -tape.gradient(potential, r)
            losses.append(tf.square(b["E"][i] - potential) + tf.reduce_mean(tf.square(b["F"][i] - force)))
        return tf.add_n(losses) / n

    def candidate(b):
        pos = b["position"]
        with tf.GradientTape() as tape:
            tape.watch(pos)
            e = energy(pos)
        g = tape.gradient(e, pos)
        l_e = tf.reduce_mean((e - b["E"]) ** 2)
        l_f = tf.reduce_mean((g + b["F"]) ** 2)
        return l_e + l_f

    return {"variables": [w1, w2, log_gamma], "batch": batch, "reference": reference, "candidate": candidate}
