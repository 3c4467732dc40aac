"""ConvLSTM: the hidden state is o * c instead of o * tanh(c).

Source (real): https://github.com/XiaLiPKU/RESCAN/issues/2 (PyTorch, ported; asked there next to the update of the GRU, which is fine).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": False, "cause": "other", "line_marker": "h = o * c", "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, side, c_in, ch = 14, 4, 5, 2, 3

    def var(name, *s):
        return tf.Variable((0.6 * rng.standard_normal(s)).astype(f), name=name)

    conv_xh = var("conv_xh", 3, 3, c_in + ch, 4 * ch)
    bias = var("conv_b", 4 * ch)
    head = var("head", ch)
    batch = {
        "frames": rng.standard_normal((n, T, side, side, c_in)).astype(f),
        "clean": rng.standard_normal((n, side, side)).astype(f),
    }

    def reference(b):
        kernels = dict(zip("figo", tf.split(conv_xh, [ch, ch, ch, ch], axis=-1)))
        offsets = dict(zip("figo", tf.split(bias, 4)))
        hidden = memory = tf.zeros([b["frames"].shape[0], side, side, ch], b["frames"].dtype)
        for t in range(T):
            pre = {}
            for gate, k in kernels.items():
                into = tf.nn.conv2d(b["frames"][:, t], k[:, :, :c_in], 1, "SAME")
                pre[gate] = into + tf.nn.conv2d(hidden, k[:, :, c_in:], 1, "SAME") + offsets[gate]
            memory = tf.sigmoid(pre["f"]) * memory + tf.sigmoid(pre["i"]) * tf.tanh(pre["g"])
            hidden = tf.sigmoid(pre["o"]) * tf.tanh(memory)
        return tf.reduce_mean(tf.square(tf.tensordot(hidden, head, 1) - b["clean"]))

    class ConvLSTM(keras.layers.Layer):
        def call(self, x, pair=None):
            if pair is None:
                h = c = tf.zeros_like(x[..., :1]) * tf.ones([ch], x.dtype)
            else:
                h, c = pair
            return tf.nn.conv2d(tf.concat([x, h], -1), conv_xh, 1, "SAME") + bias, c

    def candidate(b):
        cell, pair = ConvLSTM(), None
        for frame in tf.unstack(b["frames"], axis=1):
            gates, c = cell(frame, pair)
            f_, i, g, o = tf.split(gates, 4, axis=-1)
            f_, i, g, o = tf.sigmoid(f_), tf.sigmoid(i), tf.tanh(g), tf.sigmoid(o)
            c = f_ * c + i * g
            h = o * c
            pair = (h, c)
        out = tf.reduce_sum(pair[0] * head, axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(out, b["clean"]))

    return {"variables": [conv_xh, bias, head], "batch": batch, "reference": reference, "candidate": candidate}
