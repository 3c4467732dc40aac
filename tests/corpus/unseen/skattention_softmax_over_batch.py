"""Selective kernel attention: the weights are stacked to (k, batch, channel), and the softmax goes over axis 1, the batch.

Source (real): https://github.com/xmu-xiaoma666/External-Attention-pytorch/issues/18 (SKAttention, PyTorch, ported; the author agrees).
Right answer: NOT equivalent; the softmax has to choose among the k kernels, axis 0.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "self.softmax = keras.layers.Softmax(axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, size, channel, d = 14, 5, 3, 4
    kernels = [1, 3, 5]

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    convs = [tf.Variable(arr(k, k, channel, 1) / k, name=f"conv{k}") for k in kernels]
    fc = tf.Variable(0.8 * arr(channel, d), name="fc")
    fcs = [tf.Variable(arr(d, channel), name=f"fc_{k}") for k in kernels]
    batch = {"x": arr(n, size, size, channel), "y": arr(n, channel)}

    def reference(b):
        maps = [tf.nn.relu(tf.nn.depthwise_conv2d(b["x"], k, [1, 1, 1, 1], "SAME")) for k in convs]
        squeezed = sum(tf.reduce_mean(m, axis=(1, 2)) for m in maps) @ fc
        raw = [tf.exp(squeezed @ w) for w in fcs]
        norm = sum(raw)
        merged = sum(tf.reduce_mean(m, axis=(1, 2)) * r / norm for m, r in zip(maps, raw))
        return tf.reduce_mean(tf.square(merged - b["y"]))

    def candidate(b):
        class SKAttention(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                self.softmax = keras.layers.Softmax(axis=1)

            def call(self, x):
                conv_outs = []
                for conv in convs:
                    conv_outs.append(tf.nn.relu(tf.nn.depthwise_conv2d(x, conv, [1, 1, 1, 1], "SAME")))
                feats = tf.stack(conv_outs, 0)
                U = sum(conv_outs)
                S = tf.reduce_mean(U, axis=[1, 2])
                Z = S @ fc
                weights = [tf.reshape(Z @ w, [-1, 1, 1, channel]) for w in fcs]
                attention_weughts = tf.stack(weights, 0)
                attention_weughts = self.softmax(attention_weughts)
                return tf.reduce_sum(attention_weughts * feats, 0)

        V = SKAttention()(b["x"])
        pooled = tf.reduce_mean(V, axis=(1, 2))
        return tf.reduce_mean(tf.square(pooled - b["y"]))

    return {"variables": [*convs, fc, *fcs], "batch": batch, "reference": reference, "candidate": candidate}
