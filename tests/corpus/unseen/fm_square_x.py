"""FM layer: the second term is dot(x, kernel^2), the formula has dot(x^2, kernel^2). Source: https://github.com/Hourout/CTR-keras/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'b = tf.matmul(x, tf.pow(kernel, 2))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k = 7, 6, 3
    kernel = var("kernel", d, k, scale=0.5)
    w = var("w", d)
    b0 = var("b0")
    feats = (rng.standard_normal((n, d)) * (rng.random((n, d)) < 0.7)).astype(fx)
    click = rng.integers(0, 2, n).astype(fx)

    def reference(batch):
        x = batch["feats"]
        gram = tf.matmul(kernel, kernel, transpose_b=True)
        upper = tf.linalg.band_part(gram, 0, -1) - tf.linalg.band_part(gram, 0, 0)
        pairs = tf.einsum("ni,ij,nj->n", x, upper, x)
        score = b0 + tf.linalg.matvec(x, w) + pairs
        return tf.reduce_mean(tf.nn.softplus(score) - batch["click"] * score)

    def candidate(batch):
        x = batch["feats"]
        lin = tf.reduce_sum(x * w, axis=1, keepdims=True) + b0
        a = tf.pow(tf.matmul(x, kernel), 2)
        b = tf.matmul(x, tf.pow(kernel, 2))
        logit = lin + tf.reduce_sum(a - b, 1, keepdims=True) * 0.5
        y = batch["click"][:, None]
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logit))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "click": click}, "variables": [kernel, w, b0]}
