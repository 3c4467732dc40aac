"""Self-attention (b, i, j, h): the softmax runs over the queries i instead of the keys j.

Source (real): https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/146 (DDPM U-Net; "that's
a typo and a big bug"). PyTorch, ported.
Right answer: NOT equivalent; both axes have the same length, so no shape complains.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attn = tf.nn.softmax(attn, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, heads, size = 12, 5, 6, 2, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    proj = tf.Variable(0.5 * arr(d, heads * 3 * size), name="projection")
    out_w = tf.Variable(0.5 * arr(heads * size, d), name="output")
    batch = {"x": arr(n, t, d), "y": arr(n, t, d)}

    def qkv(x):
        return tf.split(tf.reshape(tf.tensordot(x, proj, 1), [-1, t, heads, 3 * size]), 3, axis=-1)

    def reference(b):
        q, k, v = qkv(b["x"])
        res = []
        for h in range(heads):
            scores = tf.matmul(q[:, :, h], k[:, :, h], transpose_b=True) * size**-0.5
            res.append(tf.nn.softmax(scores) @ v[:, :, h])
        return tf.reduce_mean(tf.square(tf.tensordot(tf.concat(res, axis=-1), out_w, 1) + b["x"] - b["y"]))

    def candidate(b):
        q, k, v = qkv(b["x"])
        attn = tf.einsum("bihd,bjhd->bijh", q, k) * size**-0.5
        attn = tf.nn.softmax(attn, axis=1)
        res = tf.reshape(tf.einsum("bijh,bjhd->bihd", attn, v), [-1, t, heads * size])
        res = tf.tensordot(res, out_w, 1) + b["x"]
        return tf.reduce_mean(tf.math.squared_difference(res, b["y"]))

    return {"variables": [proj, out_w], "batch": batch, "reference": reference, "candidate": candidate}
