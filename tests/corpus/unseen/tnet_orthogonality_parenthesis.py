"""Orthogonality regulariser of the PointNet feature transform: the identity is subtracted inside the product, so it penalises |T(T'-I)| instead of |TT'-I|.

Source (real): https://github.com/yanx27/Pointnet_Pointnet2_pytorch/issues/59
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "gap = tf.matmul(trans, tf.transpose(trans, [0, 2, 1]) - eye)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, pts, k, classes = 8, 10, 4, 3
    w_t = tf.Variable(rng.normal(0, 0.3, (k, k * k)), name="w_tnet", dtype=tf.float32)
    b_t = tf.Variable(np.eye(k).reshape(-1) + rng.normal(0, 0.2, k * k), name="b_tnet", dtype=tf.float32)
    w_c = tf.Variable(rng.normal(0, 0.5, (k, classes)), name="w_cls", dtype=tf.float32)
    batch = {
        "points": rng.normal(size=(n, pts, k)).astype(np.float32),
        "label": rng.integers(0, classes, n).astype(np.int32),
    }
    eye = tf.eye(k)

    def transform(points):
        pooled = tf.reduce_max(points, axis=1)
        return tf.reshape(0.3 * tf.tanh(pooled @ w_t) + b_t, [-1, k, k])

    def classify(points, trans):
        feat = tf.matmul(points, trans)
        return tf.reduce_max(tf.nn.elu(feat), axis=1) @ w_c

    def reference(b):
        losses = []
        trans = transform(b["points"])
        logits = classify(b["points"], trans)
        for i in range(n):
            t = trans[i]
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(b["label"][i], logits[i])
            gap = t @ tf.transpose(t) - eye
            losses.append(ce + 0.1 * tf.norm(gap))
        return tf.add_n(losses) / n

    def candidate(b):
        trans = transform(b["points"])
        logits = classify(b["points"], trans)
        ce = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(b["label"], logits))
        gap = tf.matmul(trans, tf.transpose(trans, [0, 2, 1]) - eye)
        reg = tf.reduce_mean(tf.norm(gap, axis=[1, 2]))
        return ce + 0.1 * reg

    return {"variables": [w_t, b_t, w_c], "batch": batch, "reference": reference, "candidate": candidate}
