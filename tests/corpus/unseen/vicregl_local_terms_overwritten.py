"""VICRegL: the invariance term is assigned in the loop over the pairs of maps instead of added up, so only the last pair counts.

Source (real): https://github.com/facebookresearch/VICRegL/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'inv_loss = sim_coeff * inv',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e = 16, 6, 4
    proj1 = tf.Variable(rng.normal(size=(d, 8)).astype("float32") * 0.5, name="proj1")
    proj2 = tf.Variable(rng.normal(size=(8, e)).astype("float32") * 0.5, name="proj2")
    base = rng.normal(size=(n, d))
    batch = {k: (base + rng.normal(size=base.shape) * s).astype("float32") for k, s in (("map_a", 0.3), ("map_b", 0.6), ("map_c", 0.9))}
    sim_coeff, std_coeff, cov_coeff = 25.0, 25.0, 1.0

    def project(x):
        return tf.nn.relu(x @ proj1) @ proj2

    def pair_terms(za, zb):
        inv = tf.reduce_mean(tf.square(za - zb))
        var, cov = 0.0, 0.0
        for z in (za, zb):
            z = z - tf.reduce_mean(z, 0)
            std = tf.sqrt(tf.reduce_mean(z ** 2, 0) * n / (n - 1) + 1e-4)
            var += tf.reduce_mean(tf.nn.relu(1.0 - std)) / 2.0
            c = tf.transpose(z) @ z / (n - 1)
            cov += (tf.reduce_sum(c ** 2) - tf.reduce_sum(tf.linalg.diag_part(c) ** 2)) / e / 2.0
        return inv, var, cov

    pairs = ((0, 1), (0, 2), (1, 2))

    def reference(b):
        z = [project(b[k]) for k in ("map_a", "map_b", "map_c")]
        terms = [pair_terms(z[i], z[j]) for i, j in pairs]
        inv, var, cov = (tf.add_n(list(x)) / len(pairs) for x in zip(*terms))
        return sim_coeff * inv + std_coeff * var + cov_coeff * cov

    def candidate(b):
        maps = [project(b["map_a"]), project(b["map_b"]), project(b["map_c"])]
        inv_loss = var_loss = cov_loss = 0.0
        iter_ = 0
        for i, j in pairs:
            inv, var, cov = pair_terms(maps[i], maps[j])
            inv_loss = sim_coeff * inv
            var_loss = var_loss + std_coeff * var
            cov_loss = cov_loss + cov_coeff * cov
            iter_ += 1
        return inv_loss / iter_ + var_loss / iter_ + cov_loss / iter_

    return {"variables": [proj1, proj2], "batch": batch, "reference": reference, "candidate": candidate}
