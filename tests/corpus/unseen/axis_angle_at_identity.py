"""Pose fit that starts at the zero axis-angle vector: both branches of the where are differentiated through sqrt(0).

Source (real): https://github.com/kornia/kornia/issues/3949 (PyTorch, ported: axis_angle_to_quaternion).
Right answer: NOT equivalent; the value is right, the gradient of the rotation is NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "theta = tf.sqrt(theta_squared)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, joints = 16, 2
    pose = tf.Variable(np.zeros((joints, 3), f), name="axis_angle")
    trans = tf.Variable(np.array([0.1, -0.2, 0.3], f), name="translation")
    points = rng.standard_normal((n, joints, 3)).astype(f)
    spun = points[..., [1, 2, 0]] * np.array([1.0, 0.6, 1.1])
    batch = {"points": points, "target": (0.7 * points + 0.3 * spun + 0.2).astype(f)}

    def reference(b):
        total = 0.0
        for j in range(joints):
            x, y, z = tf.unstack(pose[j])
            zero = tf.zeros_like(x)
            skew = tf.stack([tf.stack([zero, -z, y]), tf.stack([z, zero, -x]), tf.stack([-y, x, zero])])
            rot = term = tf.eye(3, dtype=skew.dtype)
            for k in range(1, 12):
                term = term @ skew / float(k)
                rot += term
            moved = tf.matmul(b["points"][:, j], rot, transpose_b=True) + trans
            total += tf.reduce_sum(tf.square(moved - b["target"][:, j]))
        return total / (b["points"].shape[0] * joints)

    def candidate(b):
        def axis_angle_to_quaternion(axis_angle):
            a0, a1, a2 = axis_angle[..., 0:1], axis_angle[..., 1:2], axis_angle[..., 2:3]
            theta_squared = a0 * a0 + a1 * a1 + a2 * a2
            theta = tf.sqrt(theta_squared)
            half_theta = theta * 0.5
            mask = theta_squared > 0.0
            ones = tf.ones_like(half_theta)
            k = tf.where(mask, tf.sin(half_theta) / theta, 0.5 * ones)
            w = tf.where(mask, tf.cos(half_theta), ones)
            return tf.concat([w, a0 * k, a1 * k, a2 * k], axis=-1)

        def rotate(q, p):
            w, vec = q[..., :1], q[..., 1:]
            vec = tf.broadcast_to(vec, tf.shape(p))
            t = 2.0 * tf.linalg.cross(vec, p)
            return p + w * t + tf.linalg.cross(vec, t)

        quaternion = axis_angle_to_quaternion(pose)
        err = rotate(quaternion[None], b["points"]) + trans - b["target"]
        return tf.reduce_mean(tf.reduce_sum(tf.square(err), axis=-1))

    return {"variables": [pose, trans], "batch": batch, "reference": reference, "candidate": candidate}
