"""Pose loss: one entry of the rotation matrix of a quaternion has the wrong sign.

Source (real): https://github.com/sympy/sympy/pull/15349 (SymPy, ported; Quaternion.to_rotation_matrix, merged with new tests).
Right answer: NOT equivalent; the matrix is not even orthogonal.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "m12 = 2 * s * (q_c * q_d + q_b * q_a)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, pts = 16, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_q = tf.Variable(0.6 * arr(d, 4), name="w_q")
    w_t = tf.Variable(0.3 * arr(d, 3), name="w_t")
    model = tf.constant(arr(pts, 3))
    batch = {"feat": arr(n, d), "points": arr(n, pts, 3)}

    def heads(feat):
        return feat @ w_q + tf.constant([1.0, 0.0, 0.0, 0.0], dtype=feat.dtype), feat @ w_t

    def reference(b):
        quat, trans = heads(b["feat"])
        quat = quat / tf.norm(quat, axis=1, keepdims=True)
        w, v = quat[:, :1], quat[:, 1:]
        loss = 0.0
        for k in range(pts):
            p = tf.tile(model[k][None], [quat.shape[0], 1])
            # Rodrigues: p + 2 w (v x p) + 2 v x (v x p)
            cross = tf.linalg.cross(v, p)
            moved = p + 2.0 * w * cross + 2.0 * tf.linalg.cross(v, cross) + trans
            loss += tf.reduce_mean(tf.reduce_sum(tf.square(moved - b["points"][:, k]), axis=1))
        return loss / pts

    def candidate(b):
        def to_rotation_matrix(q):
            q_a, q_b, q_c, q_d = tf.unstack(q, axis=1)
            s = 1.0 / tf.reduce_sum(tf.square(q), axis=1)
            m00 = 1 - 2 * s * (q_c**2 + q_d**2)
            m01 = 2 * s * (q_b * q_c - q_d * q_a)
            m02 = 2 * s * (q_b * q_d + q_c * q_a)
            m10 = 2 * s * (q_b * q_c + q_d * q_a)
            m11 = 1 - 2 * s * (q_b**2 + q_d**2)
            m12 = 2 * s * (q_c * q_d + q_b * q_a)
            m20 = 2 * s * (q_b * q_d - q_c * q_a)
            m21 = 2 * s * (q_c * q_d + q_b * q_a)
            m22 = 1 - 2 * s * (q_b**2 + q_c**2)
            return tf.stack(
                [tf.stack([m00, m01, m02], 1), tf.stack([m10, m11, m12], 1), tf.stack([m20, m21, m22], 1)], axis=1
            )

        quat, trans = heads(b["feat"])
        R = to_rotation_matrix(quat)
        moved = tf.einsum("bij,pj->bpi", R, model) + trans[:, None]
        return tf.reduce_mean(tf.reduce_sum(tf.square(moved - b["points"]), axis=-1))

    return {"variables": [w_q, w_t], "batch": batch, "reference": reference, "candidate": candidate}
