"""Local NCC: each voxel is centred by its own window mean before the box filter, so window covariances are wrong.
Source: https://github.com/voxelmorph/voxelmorph/issues/227"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "cross = box(dI * dJ)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, hw, win = 2, 6, 3
    gain = tf.Variable((1.0 + 0.3 * rng.normal(size=(hw, hw))).astype(fx), name="gain")
    shift = tf.Variable((0.3 * rng.normal(size=(hw, hw))).astype(fx), name="shift")

    def reference(batch):
        moved = batch["moving"] * gain + shift
        patches = []
        for img in (batch["fixed"], moved):
            p = tf.image.extract_patches(img[..., None], [1, win, win, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID")
            patches.append(p - tf.reduce_mean(p, axis=-1, keepdims=True))
        a, b = patches
        cov = tf.reduce_mean(a * b, axis=-1)
        va, vb = tf.reduce_mean(a * a, axis=-1), tf.reduce_mean(b * b, axis=-1)
        ncc = -tf.reduce_mean(cov ** 2 / (va * vb + 1e-3))
        return ncc + 0.05 * tf.reduce_mean((gain - 1.0) ** 2)

    def candidate(batch):
        def box(t, padding="VALID"):
            kernel = tf.ones((win, win, 1, 1), t.dtype) / (win * win)
            return tf.nn.conv2d(t[..., None], kernel, strides=1, padding=padding)[..., 0]

        I = batch["fixed"]
        J = batch["moving"] * gain + shift
        dI = I - box(I, "SAME")
        dJ = J - box(J, "SAME")
        I_var = box(tf.square(I)) - tf.square(box(I))
        J_var = box(tf.square(J)) - tf.square(box(J))
        cross = box(dI * dJ)
        cc = cross * cross / (I_var * J_var + 1e-3)
        reg = tf.reduce_mean(tf.square(gain - 1.0))
        return 0.05 * reg - tf.reduce_mean(cc)

    return {"reference": reference, "candidate": candidate,
            "batch": {"fixed": rng.normal(size=(n, hw, hw)).astype(fx), "moving": rng.normal(size=(n, hw, hw)).astype(fx)},
            "variables": [gain, shift]}
