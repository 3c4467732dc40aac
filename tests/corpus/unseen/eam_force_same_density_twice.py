"""Embedded-atom potential fitted to forces: in the pair force both embedding terms are multiplied by the density derivative of the first atom; each needs that of the other atom.
Source: https://github.com/libAtoms/matscipy/pull/20"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'dedr = (emb[a] + emb[b]) * self.drho(kinds[a], r)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, A = 16, 4
    amp = tf.Variable([1.0, 1.6], dtype=f, name="amp")
    decay = tf.Variable([0.8, 1.1], dtype=f, name="decay")
    embed = tf.Variable([1.2, 0.7], dtype=f, name="embed")
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1.1, 0], [0, 0, 1.2]])
    batch = {
        "pos": (corners + 0.1 * rng.normal(size=(n, A, 3))).astype(f),
        "force": (0.3 * rng.normal(size=(n, A, 3))).astype(f),
    }
    kinds = [0, 1, 1, 0]

    def reference(batch):
        x = batch["pos"]
        own = 1.0 - tf.eye(A, dtype=f)
        with tf.GradientTape() as tape:
            tape.watch(x)
            diff = x[:, :, None] - x[:, None]
            r = tf.sqrt(tf.reduce_sum(diff ** 2, -1) + tf.eye(A, dtype=f))
            density = tf.gather(amp, kinds) * tf.exp(-tf.gather(decay, kinds) * r) * own
            energy = -tf.reduce_sum(tf.gather(embed, kinds) * tf.sqrt(tf.reduce_sum(density, axis=2)))
        return tf.reduce_mean((-tape.gradient(energy, x) - batch["force"]) ** 2)

    def candidate(batch):
        class EAM:
            def rho(self, t, r):
                return amp[t] * tf.exp(-decay[t] * r)

            def drho(self, t, r):
                return -decay[t] * self.rho(t, r)

            def dF(self, t, total):
                return -0.5 * embed[t] / tf.sqrt(total)

            def forces(self, pos):
                pairs = [(a, b) for a in range(A) for b in range(a + 1, A)]
                vec = {p: pos[:, p[0]] - pos[:, p[1]] for p in pairs}
                dist = {p: tf.norm(vec[p], axis=1) for p in pairs}
                total = [0.0] * A
                for (a, b), r in dist.items():
                    total[a] += self.rho(kinds[b], r)
                    total[b] += self.rho(kinds[a], r)
                emb = [self.dF(kinds[a], total[a]) for a in range(A)]
                out = [0.0] * A
                for (a, b), r in dist.items():
                    dedr = (emb[a] + emb[b]) * self.drho(kinds[a], r)
                    pull = (dedr / r)[:, None] * vec[a, b]
                    out[a] -= pull
                    out[b] += pull
                return tf.stack(out, axis=1)

        predicted = EAM().forces(batch["pos"])
        return tf.reduce_mean(tf.math.squared_difference(predicted, batch["force"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [amp, decay, embed]}
