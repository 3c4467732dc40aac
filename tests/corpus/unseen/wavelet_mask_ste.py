"""A learned binary mask on feature planes: (plane * hard - plane * soft).detach() + plane * soft looks as if the plane were detached.

Source (real): https://github.com/daniel03c1/masked_wavelet_nerf/issues/10 (PyTorch, ported; asked why plane is cut from the graph).
Right answer: EQUIVALENT to the usual straight-through estimator: the value of the hard mask, the gradient of the soft one,
for the plane and for the mask.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, res, comps = 20, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    density_plane = tf.Variable(0.6 * arr(res, res, comps), name="density_plane")
    plane_mask = tf.Variable(arr(res, res, comps), name="density_plane_mask")
    density_line = tf.Variable(0.6 * arr(res, comps), name="density_line")
    line_mask = tf.Variable(arr(res, comps), name="density_line_mask")
    batch = {"ijk": rng.integers(0, res, (n, 3)), "sigma": np.abs(arr(n))}

    def reference(b):
        def straight_through(weights, logits):
            soft = weights / (1.0 + tf.exp(-logits))
            keep = tf.cast(logits >= 0.0, weights.dtype)
            return soft + tf.stop_gradient(weights * keep) - tf.stop_gradient(soft)

        plane = straight_through(density_plane, plane_mask)
        line = straight_through(density_line, line_mask)
        loss = 0.0
        m = b["ijk"].shape[0]
        for p in range(m):
            i, j, k = (int(t) for t in b["ijk"][p])
            feature = tf.reduce_sum(plane[i, j] * line[k])
            loss += (tf.nn.softplus(feature) - b["sigma"][p]) ** 2
        return loss / m

    def candidate(b):
        mask = tf.sigmoid(plane_mask)
        hard = tf.cast(mask >= 0.5, mask.dtype)
        plane = tf.stop_gradient(density_plane * hard - density_plane * mask) + density_plane * mask
        mask = tf.sigmoid(line_mask)
        hard = tf.cast(mask >= 0.5, mask.dtype)
        line = tf.stop_gradient(density_line * hard - density_line * mask) + density_line * mask
        plane_coef = tf.gather_nd(plane, b["ijk"][:, :2])
        line_coef = tf.gather(line, b["ijk"][:, 2])
        sigma_feature = tf.einsum("nc,nc->n", plane_coef, line_coef)
        return tf.reduce_mean(tf.square(tf.nn.softplus(sigma_feature) - b["sigma"]))

    variables = [density_plane, plane_mask, density_line, line_mask]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
