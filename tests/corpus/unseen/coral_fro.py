"""CORAL loss takes the Frobenius norm of the elementwise squared difference of the
covariances instead of the squared Frobenius norm of the difference. Source: https://github.com/agrija9/Deep-Unsupervised-Domain-Adaptation/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'dist = tf.norm(tf.multiply(gap, gap), ord="fro", axis=[0, 1])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    ns, nt, d, f, k, lam = 6, 7, 4, 5, 3, 8.0
    enc = var("enc", d, f)
    clf = var("clf", f, k)
    src = rng.standard_normal((ns, d)).astype(fx)
    tgt = (1.5 * rng.standard_normal((nt, d)) + 0.5).astype(fx)
    y = rng.integers(0, k, ns).astype("int32")

    def reference(batch):
        def cov(h, m):
            c = h - tf.reduce_mean(h, axis=0)
            return tf.matmul(c, c, transpose_a=True) / (m - 1)

        hs, ht = tf.tanh(batch["src"] @ enc), tf.tanh(batch["tgt"] @ enc)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=hs @ clf)
        coral = tf.reduce_sum((cov(hs, ns) - cov(ht, nt)) ** 2) / (4 * f * f)
        return tf.reduce_mean(ce) + lam * coral

    def candidate(batch):
        def compute_covariance(data):
            m = data.shape[0]
            ones = tf.ones([1, m], data.dtype)
            col = tf.matmul(ones, data)
            outer = tf.matmul(col, col, transpose_a=True) / m
            return (tf.matmul(data, data, transpose_a=True) - outer) / (m - 1)

        source = tf.tanh(tf.matmul(batch["src"], enc))
        target = tf.tanh(tf.matmul(batch["tgt"], enc))
        gap = compute_covariance(source) - compute_covariance(target)
        dist = tf.norm(tf.multiply(gap, gap), ord="fro", axis=[0, 1])
        coral_loss = dist / (4 * f * f)
        class_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["y"], logits=tf.matmul(source, clf)))
        return class_loss + lam * coral_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"src": src, "tgt": tgt, "y": y}, "variables": [enc, clf]}
