"""OLMo RMSNorm written with the L2 norm times d ** -0.5 was suspected to differ from the rsqrt form; with a tiny eps it does not.
Source: https://github.com/allenai/OLMo/issues/281"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, d, ncls = 5, 6, 3
    w = var("w", d, d)
    scale = var("scale", d)
    out = var("out", d, ncls)
    eps = 1e-12

    def reference(batch):
        h = batch["x"] @ w
        h = h * tf.math.rsqrt(tf.reduce_mean(h ** 2, -1, keepdims=True) + eps) * scale
        h = batch["x"] + tf.nn.silu(h)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], h @ out))

    def candidate(batch):
        def rms_norm(x):
            norm_x = tf.norm(x, ord=2, axis=-1, keepdims=True)
            rms_x = norm_x * d ** (-1.0 / 2)
            x_normed = x / (rms_x + eps)
            return scale * x_normed

        act = rms_norm(tf.matmul(batch["x"], w))
        hidden = batch["x"] + act * tf.sigmoid(act)
        logp = tf.nn.log_softmax(tf.matmul(hidden, out), axis=-1)
        return -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "y": rng.integers(0, ncls, n)}, "variables": [w, scale, out]}
