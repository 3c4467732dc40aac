"""The normalised classifier takes the l2 norm of its (classes, features) weight along the wrong dimension.
Source: https://github.com/taylover-pei/SSDG-CVPR2020/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'unit_weight = tf.math.l2_normalize(weight, axis=0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, feat, cls, s = 6, 4, 5, 2, 8.0
    enc = var("enc", d, feat)
    weight = var("weight", cls, feat)

    def reference(batch):
        z = tf.nn.relu(batch["x"] @ enc) + 0.1
        cos = []
        for c in range(cls):
            dot = tf.linalg.matvec(z, weight[c])
            cos.append(dot / (tf.norm(z, axis=1) * tf.norm(weight[c])))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=s * tf.stack(cos, axis=1))
        return tf.reduce_mean(ce)

    def candidate(batch):
        features = tf.nn.relu(tf.matmul(batch["x"], enc)) + 0.1
        unit_features = tf.math.l2_normalize(features, axis=1)
        unit_weight = tf.math.l2_normalize(weight, axis=0)
        logits = s * tf.matmul(unit_features, unit_weight, transpose_b=True)
        log_prob = tf.nn.log_softmax(logits, axis=-1)
        return -tf.reduce_mean(tf.gather(log_prob, batch["y"], batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "y": rng.integers(0, cls, n)},
            "variables": [enc, weight]}
