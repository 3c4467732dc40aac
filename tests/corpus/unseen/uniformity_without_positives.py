"""Symmetrised InfoNCE: the diagonal of the distances is set to zero before the logsumexp, so the positive pair is neither kept nor left out.

Source (real): https://github.com/vivekmyers/contrastive_planning/issues/1 (JAX, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "off_diag = pdist * (1.0 - eye)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, r = 14, 5, 4
    w = tf.Variable(0.7 * arr(d, r), name="repr")
    a = tf.Variable(np.eye(r).astype(f) + 0.3 * arr(r, r), name="A")
    batch = {"x0": arr(n, d), "xT": arr(n, d)}

    def representations(b):
        phi = tf.nn.silu(b["x0"] @ w) @ tf.transpose(a)
        psi = tf.nn.silu(b["xT"] @ w)
        return phi, psi

    def reference(b):
        phi, psi = representations(b)
        m, total = phi.shape[0], 0.0
        for i in range(m):
            forward = tf.reduce_logsumexp(-tf.reduce_mean((phi[i] - psi) ** 2, axis=1))
            backward = tf.reduce_logsumexp(-tf.reduce_mean((phi - psi[i]) ** 2, axis=1))
            total += tf.reduce_sum((phi[i] - psi[i]) ** 2) + (forward + backward) / 2.0
        return total / m + 0.1 * tf.reduce_mean(psi**2)

    def candidate(b):
        phi, psi = representations(b)
        l2 = tf.reduce_mean(psi**2)
        eye = tf.eye(phi.shape[0], dtype=f)
        l_align = tf.reduce_sum((phi - psi) ** 2, axis=1)
        pdist = tf.reduce_mean((phi[:, None] - psi[None]) ** 2, axis=-1)
        off_diag = pdist * (1.0 - eye)
        l_unif = (tf.reduce_logsumexp(-off_diag, axis=1) + tf.reduce_logsumexp(-off_diag, axis=0)) / 2.0
        return tf.reduce_mean(l_align + l_unif) + 0.1 * l2

    return {"variables": [w, a], "batch": batch, "reference": reference, "candidate": candidate}
