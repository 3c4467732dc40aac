"""Deep & Cross in Keras: every cross layer adds the network's first input where it should add the output of the
previous cross layer.
Source: https://github.com/Nirvanada/Deep-and-Cross-Keras/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "cross = keras.ops.add(inter, self.bias[i] + inputs)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, layers = 14, 6, 3
    ws = [tf.Variable(0.4 * rng.standard_normal((dim, 1)).astype(f), name=f"cross_w{i}") for i in range(layers)]
    bs = [tf.Variable(0.2 * rng.standard_normal(dim).astype(f), name=f"cross_b{i}") for i in range(layers)]
    head = tf.Variable(0.5 * rng.standard_normal((dim, 1)).astype(f), name="head")
    batch = {
        "emb": rng.standard_normal((n, dim)).astype(f),
        "click": (rng.random((n, 1)) < 0.4).astype(f),
    }

    def reference(b):
        x0 = xl = b["emb"]
        for w, c in zip(ws, bs):
            xl = x0 * (xl @ w) + c + xl
        p = tf.sigmoid(xl @ head)
        return -tf.reduce_mean(b["click"] * tf.math.log(p) + (1 - b["click"]) * tf.math.log(1 - p))

    def candidate(b):
        class CrossLayer:
            def __init__(self, num_layer, W, bias):
                self.num_layer, self.W, self.bias = num_layer, W, bias

            def call(self, inputs):
                cross = inputs
                for i in range(self.num_layer):
                    outer = tf.einsum("ni,nj->nij", inputs, cross)
                    inter = tf.squeeze(tf.matmul(outer, tf.broadcast_to(self.W[i], (n, dim, 1))), -1)
                    cross = keras.ops.add(inter, self.bias[i] + inputs)
                return cross

        logits = keras.ops.matmul(CrossLayer(layers, ws, bs).call(b["emb"]), head)
        return keras.losses.BinaryCrossentropy(from_logits=True)(b["click"], logits)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": ws + bs + [head]}
