"""Proxy-NCA puts the distances to the proxies into log_softmax without the negative sign, which pulls
the example away from its own proxy. Source: https://github.com/dichotomies/proxy-nca/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'loss = tf.reduce_sum(-target * tf.nn.log_softmax(dists, axis=-1), axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, feat, dim, classes = 6, 5, 4, 3
    embed = var("embedding", feat, dim)
    proxies = var("proxies", classes, dim)

    def reference(batch):
        x = tf.math.l2_normalize(tf.matmul(batch["x"], embed), axis=-1) * 3.0
        p = tf.math.l2_normalize(proxies, axis=-1) * 3.0
        total = 0.0
        for i in range(n):
            dist = tf.reduce_sum(tf.square(p - x[i]), axis=1)
            own = dist[int(batch["y"][i])]
            total += own + tf.reduce_logsumexp(-dist)
        return total / n

    def candidate(batch):
        p = 3.0 * tf.math.l2_normalize(proxies, axis=-1)
        x = 3.0 * tf.math.l2_normalize(tf.matmul(batch["x"], embed), axis=-1)
        sq_x = tf.reduce_sum(x * x, axis=1, keepdims=True)
        sq_p = tf.reduce_sum(p * p, axis=1)
        dists = sq_x + sq_p - 2.0 * tf.matmul(x, p, transpose_b=True)
        target = tf.one_hot(batch["y"], classes, dtype=x.dtype)
        loss = tf.reduce_sum(-target * tf.nn.log_softmax(dists, axis=-1), axis=-1)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, feat), "y": rng.integers(0, classes, n).astype("int32")},
            "variables": [embed, proxies]}
