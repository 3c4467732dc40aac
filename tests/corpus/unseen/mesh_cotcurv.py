"""Mesh smoothing with cotangent weights: the vertex is subtracted once although its weights do not add up to one.

Source (real): https://github.com/facebookresearch/pytorch3d/issues/551 (PyTorch, ported: mesh_laplacian_smoothing, method "cotcurv").
Right answer: NOT equivalent; the loss is not sum_j w_ij (v_j - v_i) / (4 A_i).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = (lap @ verts - verts) * norm_w",
    "same_forward_value": False,
}

_VERTS = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
_FACES = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, code, v = 12, 5, len(_VERTS)
    basis = tf.Variable(0.12 * rng.standard_normal((code, v, 3)).astype(f), name="deform_basis")
    stretch = tf.Variable(np.array([1.1, 0.9, 1.2], f), name="stretch")
    batch = {"code": rng.standard_normal((n, code)).astype(f)}
    template = tf.constant(_VERTS.astype(f))

    def decode(c):
        return stretch * template + tf.tensordot(c, basis, 1)

    def face_geometry(verts):
        """Cotangents at the three corners and the area of every face."""
        p = [tf.gather(verts, _FACES[:, i], axis=-2) for i in range(3)]
        area = 0.5 * tf.norm(tf.linalg.cross(p[1] - p[0], p[2] - p[0]), axis=-1)
        dot = [tf.reduce_sum((p[(i + 1) % 3] - p[i]) * (p[(i + 2) % 3] - p[i]), -1) for i in range(3)]
        return [x / (2 * area) for x in dot], area

    def reference(b):
        total = 0.0
        m = b["code"].shape[0]
        for s in range(m):
            verts = decode(b["code"][s])
            cots, areas = face_geometry(tf.stop_gradient(verts))
            for i in range(v):
                pull, around = tf.zeros([3], verts.dtype), 0.0
                for k, face in enumerate(_FACES):
                    if i not in face:
                        continue
                    around += areas[k]
                    for corner in range(3):
                        a, c = face[(corner + 1) % 3], face[(corner + 2) % 3]
                        if i in (a, c):
                            j = c if i == a else a
                            pull += cots[corner][k] * (verts[j] - verts[i])
                total += tf.norm(pull) / (4 * around)
        return total / (m * v)

    def candidate(b):
        verts = decode(b["code"])
        cots, areas = face_geometry(tf.stop_gradient(verts))
        incidence = np.zeros((len(_FACES), v), f)
        lap = 0.0
        for corner in range(3):
            incidence[np.arange(len(_FACES)), _FACES[:, corner]] = 1.0
            one_way = np.zeros((len(_FACES), v, v), f)
            one_way[np.arange(len(_FACES)), _FACES[:, (corner + 1) % 3], _FACES[:, (corner + 2) % 3]] = 1.0
            lap += tf.einsum("bf,fij->bij", cots[corner], one_way + one_way.transpose(0, 2, 1))
        inv_areas = 1.0 / (areas @ incidence)[..., None]
        norm_w = 0.25 * inv_areas
        loss = (lap @ verts - verts) * norm_w
        return tf.reduce_mean(tf.norm(loss, axis=-1))

    return {"variables": [basis, stretch], "batch": batch, "reference": reference, "candidate": candidate}
