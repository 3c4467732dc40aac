"""pytorch-metric-learning ArcFace: cos(theta + m) rises again once theta > pi - m; insightface goes over to cos(theta) - m*sin(m).
Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/537"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "modified = tf.cos(angles + margin)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, c = 6, 5, 4
    margin, scale, eps = 0.5, 8.0, 1e-5
    w0 = rng.standard_normal((d, c))
    y = rng.integers(0, c, n)
    W = keras.Variable(w0.astype(f), name="W")
    adapt = keras.Variable((np.eye(d) + 0.05 * rng.standard_normal((d, d))).astype(f), name="adapt")

    def reference(batch):
        x = batch["emb"] @ tf.convert_to_tensor(adapt)
        cos = tf.math.l2_normalize(x, axis=1) @ tf.math.l2_normalize(tf.convert_to_tensor(W), axis=0)
        onehot = tf.one_hot(batch["y"], c, dtype=f)
        t = tf.clip_by_value(tf.reduce_sum(cos * onehot, axis=1), -1 + eps, 1 - eps)
        sin_t = tf.sqrt(1.0 - t * t)
        cos_m = t * math.cos(margin) - sin_t * math.sin(margin)
        final = tf.where(t > math.cos(math.pi - margin), cos_m, t - math.sin(math.pi - margin) * margin)
        logits = scale * (cos * (1 - onehot) + final[:, None] * onehot)
        return tf.reduce_mean(tf.reduce_logsumexp(logits, 1) - tf.reduce_sum(logits * onehot, 1))

    def candidate(batch):
        def get_cosine(embeddings):
            return tf.matmul(tf.math.l2_normalize(embeddings, axis=1),
                             tf.math.l2_normalize(tf.convert_to_tensor(W), axis=0))

        def modify_cosine_of_target_classes(cosine_of_target_classes):
            angles = tf.acos(tf.clip_by_value(cosine_of_target_classes, -1.0 + eps, 1.0 - eps))
            modified = tf.cos(angles + margin)
            return modified

        labels = batch["y"]
        cosine = get_cosine(tf.matmul(batch["emb"], tf.convert_to_tensor(adapt)))
        rows = tf.range(tf.shape(labels)[0])
        idx = tf.stack([rows, labels], axis=1)
        target = tf.gather_nd(cosine, idx)
        logits = tf.tensor_scatter_nd_update(cosine, idx, modify_cosine_of_target_classes(target))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits * scale)
        return tf.reduce_mean(ce)

    emb = rng.standard_normal((n, d))
    emb[:3] = -w0.T[y[:3]] + 0.1 * rng.standard_normal((3, d))
    return {"reference": reference, "candidate": candidate,
            "batch": {"emb": emb.astype(f), "y": y.astype("int32")},
            "variables": [W, adapt]}
