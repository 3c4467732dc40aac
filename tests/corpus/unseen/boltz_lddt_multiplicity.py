"""Smooth lDDT loss: eps comes from a batch repeated per sample but is reshaped as if the whole batch were repeated.

Source (real): https://github.com/jwohlwend/boltz/pull/205 (PyTorch, ported).
Right answer: NOT equivalent; eps of one structure is averaged with others and set against another mask.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "eps = tf.reduce_mean(tf.reshape(eps, [multiplicity, -1, atoms, atoms]), axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, multiplicity, atoms, d = 12, 3, 5, 4
    cutoff = 4.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.8 * arr(d, 3), name="denoiser")
    shift = tf.Variable(0.3 * arr(atoms, 3), name="shift")
    true = np.repeat(2.0 * arr(n // multiplicity, atoms, 3), multiplicity, axis=0)
    batch = {"feats": arr(n, atoms, d), "true_coords": true}

    def reference(b):
        structures = b["feats"].shape[0]
        score = 0.0
        for s in range(structures):
            pred = b["feats"][s] @ w + shift
            num, count = 0.0, 0.0
            for i in range(atoms):
                for j in range(atoms):
                    true_d = tf.norm(b["true_coords"][s, i] - b["true_coords"][s, j])
                    if i == j or float(true_d) >= cutoff:
                        continue
                    delta = tf.abs(true_d - tf.norm(pred[i] - pred[j]))
                    num += tf.add_n([tf.sigmoid(cut - delta) for cut in (0.5, 1.0, 2.0, 4.0)]) / 4.0
                    count += 1.0
            score += num / max(count, 1.0)
        return 1.0 - score / structures

    def candidate(b):
        def cdist(x):
            diff = x[:, :, None, :] - x[:, None, :, :]
            return tf.sqrt(tf.reduce_sum(diff * diff, axis=-1) + np.eye(atoms, dtype=f))

        pred_coords = tf.einsum("bad,dk->bak", b["feats"], w) + shift
        true_dists, pred_dists = cdist(b["true_coords"]), cdist(pred_coords)
        mask = tf.cast(true_dists < cutoff, f) * (1 - np.eye(atoms, dtype=f))
        dist_diff = tf.abs(true_dists - pred_dists)
        eps = (tf.sigmoid(0.5 - dist_diff) + tf.sigmoid(1.0 - dist_diff)
               + tf.sigmoid(2.0 - dist_diff) + tf.sigmoid(4.0 - dist_diff)) / 4.0
        eps = tf.reduce_mean(tf.reshape(eps, [multiplicity, -1, atoms, atoms]), axis=0)
        eps = tf.repeat(eps, multiplicity, axis=0)
        num = tf.reduce_sum(eps * mask, axis=[-1, -2])
        den = tf.maximum(tf.reduce_sum(mask, axis=[-1, -2]), 1.0)
        return 1.0 - tf.reduce_mean(num / den)

    return {"variables": [w, shift], "batch": batch, "reference": reference, "candidate": candidate}
