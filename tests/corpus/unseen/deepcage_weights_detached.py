"""Neural cages: the interpolation weights are detached, so the weight regulariser and the source cage learn nothing from them.

Source (real): https://github.com/yifita/deep_cage/issues/16 (PyTorch, ported; the reporter saw that the factor of the
regulariser has no effect; the author found the detach "added later, out of context" and took it out).
Right answer: NOT equivalent, though the values agree.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "weights = tf.stop_gradient(weights)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pts, verts, code = 13, 7, 5, 4
    mvc_weight = 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    cage_net = tf.Variable(0.5 * arr(code, verts * 3), name="cage_net")
    offset_net = tf.Variable(0.3 * arr(code, verts * 3), name="offset_net")
    template = tf.constant(arr(verts, 3))
    batch = {"code": arr(n, code), "source": arr(n, pts, 3), "target": arr(n, pts, 3)}

    def reference(b):
        total = 0.0
        for i in range(b["code"].shape[0]):
            cage = template + tf.reshape(tf.linalg.matvec(cage_net, b["code"][i], transpose_a=True), [verts, 3])
            moved = cage + tf.reshape(tf.linalg.matvec(offset_net, b["code"][i], transpose_a=True), [verts, 3])
            rows = []
            for p in range(pts):
                d2 = tf.reduce_sum(tf.square(cage - b["source"][i, p]), axis=1)
                raw = 1.0 / (d2 + 0.5) - 0.15
                rows.append(raw / tf.reduce_sum(tf.abs(raw)))
            phi = tf.stack(rows)
            shape_loss = tf.reduce_mean(tf.square(phi @ moved - b["target"][i]))
            total += shape_loss + mvc_weight * tf.reduce_mean(tf.square(tf.minimum(phi, 0.0)) + 0.1 * tf.square(phi))
        return total / b["code"].shape[0]

    def candidate(b):
        def coordinates(points, cage):
            d2 = tf.reduce_sum(tf.square(points[:, :, None] - cage[:, None]), axis=-1)
            raw = 1.0 / (d2 + 0.5) - 0.15
            return raw / tf.reduce_sum(tf.abs(raw), axis=-1, keepdims=True)

        def deform_with_cage(cage, new_cage, points):
            weights = coordinates(points, cage)
            weights = tf.stop_gradient(weights)
            deformed = tf.matmul(weights, new_cage)
            return deformed, weights

        def mvc_reg_loss(weights):
            return tf.reduce_mean(tf.square(tf.minimum(weights, 0.0)) + 0.1 * tf.square(weights))

        cage = template + tf.reshape(b["code"] @ cage_net, [-1, verts, 3])
        new_cage = cage + tf.reshape(b["code"] @ offset_net, [-1, verts, 3])
        deformed, weights = deform_with_cage(cage, new_cage, b["source"])
        loss = {"SHAPE": tf.reduce_mean(tf.square(deformed - b["target"]))}
        loss["WREG"] = mvc_reg_loss(weights) * mvc_weight
        return tf.add_n(list(loss.values()))

    return {"variables": [cage_net, offset_net], "batch": batch, "reference": reference, "candidate": candidate}
