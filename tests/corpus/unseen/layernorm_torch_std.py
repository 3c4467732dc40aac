"""The annotated transformer's LayerNorm uses torch's x.std(-1), which is the unbiased estimate (n - 1); the paper and
nn.LayerNorm divide by n.
Source: https://github.com/harvardnlp/annotated-transformer/pull/119"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "var = tf.reduce_sum(tf.square(x - m), axis=-1, keepdims=True) / (n - 1)",
    "same_forward_value": False,
}


def std(x):
    """x.std(-1, keepdim=True)"""
    n = x.shape[-1]
    m = tf.reduce_mean(x, axis=-1, keepdims=True)
    var = tf.reduce_sum(tf.square(x - m), axis=-1, keepdims=True) / (n - 1)
    return tf.sqrt(var)


class LayerNorm:
    "Construct a layernorm module (See citation for details)."

    def __init__(self, a_2, b_2, eps=1e-6):
        self.a_2, self.b_2, self.eps = a_2, b_2, eps

    def __call__(self, x):
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        return self.a_2 * (x - mean) / (std(x) + self.eps) + self.b_2


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    d = 6
    w = tf.Variable(rng.standard_normal((4, d)).astype(f), name="w")
    a_2 = tf.Variable((1 + 0.2 * rng.standard_normal(d)).astype(f), name="a_2")
    b_2 = tf.Variable((0.2 * rng.standard_normal(d)).astype(f), name="b_2")
    norm = LayerNorm(a_2, b_2)

    def reference(batch):
        h = batch["x"] @ w
        mu, var = tf.nn.moments(h, axes=[2], keepdims=True)
        out = tf.nn.batch_normalization(h, mu, var, b_2, a_2, 1e-12)
        return tf.reduce_mean(tf.square(tf.nn.softplus(out) - batch["t"]))

    def candidate(batch):
        x = tf.einsum("bsi,id->bsd", batch["x"], w)
        x = tf.nn.softplus(norm(x))
        return tf.reduce_mean((x - batch["t"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 3, 4)).astype(f), "t": rng.standard_normal((12, 3, d)).astype(f)},
            "variables": [w, a_2, b_2]}
