"""Vector neurons batch norm divides by the vectors' norm; a zero vector (padding points) gives NaN, the fix adds an
epsilon.
Source: https://github.com/FlyingGiraffe/vnn/pull/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "x = x / norm[..., None] * norm_bn[..., None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, p, c, k = 2, 5, 3, 4
    w = var("w", c, k)
    gam = tf.Variable((1.0 + 0.2 * rng.normal(size=k)).astype(fx), name="gamma")
    head = var("head", k, 2)

    def reference(batch):
        z = tf.einsum("npcd,ck->npkd", batch["pts"], w)
        length = tf.sqrt(tf.reduce_sum(z * z, -1) + 1e-12)
        mu = tf.reduce_mean(length, [0, 1])
        sd = tf.sqrt(tf.reduce_mean((length - mu) ** 2, [0, 1]) + 1e-5)
        z = z * ((length - mu) / sd * gam / (length + 1e-6))[..., None]
        inv = tf.reduce_sum(tf.reduce_mean(z, 1) ** 2, -1)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=inv @ head))

    def candidate(batch):
        x = tf.einsum("npcd,ck->npkd", batch["pts"], w)
        norm = tf.sqrt(tf.reduce_sum(tf.square(x), axis=-1))
        mean, variance = tf.nn.moments(norm, axes=[0, 1])
        norm_bn = (norm - mean) * tf.math.rsqrt(variance + 1e-5) * gam
        x = x / norm[..., None] * norm_bn[..., None]
        pooled = tf.reduce_mean(x, axis=1)
        invariant = tf.reduce_sum(tf.square(pooled), axis=-1)
        logits = tf.matmul(invariant, head)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    pts = rng.normal(size=(n, p, c, 3))
    pts[1, -1] = 0.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"pts": pts.astype(fx), "y": np.array([0, 1], "int32")}, "variables": [w, gam, head]}
