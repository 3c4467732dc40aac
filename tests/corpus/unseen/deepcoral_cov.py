"""Deep CORAL loss: covariance matrices of source and target features next to the classifier's loss on the source.
Source: https://github.com/scikit-adaptation/skada/pull/246"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": 'cov_s, cov_t = cov(centred_s), cov(centred_t)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d_in, d, classes = 6, 5, 4, 3
    enc = tf.Variable(rng.normal(0, 0.7, (d_in, d)).astype(fx), name="enc")
    clf = tf.Variable(rng.normal(0, 0.7, (d, classes)).astype(fx), name="clf")
    reg = 5.0

    def reference(batch):
        fs, ft = tf.tanh(batch["source"] @ enc), tf.tanh(batch["target"] @ enc)

        def second_moment(f):
            mu = tf.reduce_mean(f, axis=0)
            return tf.add_n([tf.tensordot(f[i] - mu, f[i] - mu, axes=0) for i in range(n)]) / (n - 1)

        gap = second_moment(fs) - second_moment(ft)
        coral = tf.reduce_mean(gap**2) / 4.0
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], fs @ clf)
        return tf.reduce_mean(ce) + reg * coral

    def candidate(batch):
        def cov(m):
            centred = m - tf.reduce_mean(m, axis=1, keepdims=True)
            return tf.matmul(centred, centred, transpose_b=True) / (m.shape[1] - 1)

        features = tf.tanh(tf.matmul(batch["source"], enc))
        features_target = tf.tanh(tf.matmul(batch["target"], enc))
        centred_s = features - tf.reduce_mean(features, axis=0)
        centred_t = features_target - tf.reduce_mean(features_target, axis=0)
        cov_s, cov_t = cov(centred_s), cov(centred_t)
        diff = cov_s - cov_t
        coral_loss = tf.reduce_sum(diff * diff) / (4.0 * cov_s.shape[0] ** 2)
        logits = tf.matmul(features, clf)
        task = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["label"], logits)
        return task + reg * coral_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"source": rng.normal(size=(n, d_in)).astype(fx), "target": (0.5 + 1.5 * rng.normal(size=(n, d_in))).astype(fx),
                      "label": rng.integers(0, classes, n).astype("int32")},
            "variables": [enc, clf]}
