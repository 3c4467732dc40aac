"""ALiBi attention with learned slopes: one slope per head (h,) multiplies the distance matrix (t, t); with t == h it
lands on the key axis instead of the head axis.

Source: realistic (ALiBi ports; the published code reshapes the slopes to (h, 1, 1)).
Right answer: NOT equivalent; all heads get the same bias, whose slope varies with the key position.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "bias = -slopes * distance",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, heads, dim = 14, 4, 4, 3
    model_dim = heads * dim

    def init(*shape, scale=0.5):
        return (scale * rng.standard_normal(shape)).astype(f)

    wq = tf.Variable(init(6, model_dim), name="wq")
    wk = tf.Variable(init(6, model_dim), name="wk")
    wv = tf.Variable(init(6, model_dim), name="wv")
    slopes = tf.Variable(np.array([0.5, 0.25, 0.125, 0.0625], f) * (1 + 0.2 * rng.random(heads)).astype(f), name="slopes")
    batch = {"x": init(n, t, 6, scale=1.0), "y": init(n, t, model_dim, scale=1.0)}
    distance = tf.constant(np.abs(np.arange(t)[:, None] - np.arange(t)[None]).astype(f))

    def split_heads(z):
        return tf.transpose(tf.reshape(z, [-1, t, heads, dim]), [0, 2, 1, 3])

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["x"][i]
            outs = []
            for h in range(heads):
                cut = slice(h * dim, (h + 1) * dim)
                q, k, v = (x @ w[:, cut] for w in (wq, wk, wv))
                s = q @ tf.transpose(k) / np.sqrt(dim) - slopes[h] * distance
                outs.append(tf.nn.softmax(s) @ v)
            total += tf.reduce_mean(tf.square(tf.concat(outs, -1) - b["y"][i]))
        return total / m

    def candidate(b):
        q, k, v = [split_heads(tf.einsum("btd,de->bte", b["x"], w)) for w in (wq, wk, wv)]
        scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(dim)
        bias = -slopes * distance
        probs = tf.nn.softmax(scores + bias, axis=-1)
        ctx = tf.transpose(probs @ v, [0, 2, 1, 3])
        out = tf.reshape(ctx, [-1, t, model_dim])
        return tf.reduce_mean(tf.math.squared_difference(out, b["y"]))

    return {"variables": [wq, wk, wv, slopes], "batch": batch, "reference": reference, "candidate": candidate}
