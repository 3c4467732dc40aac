"""The NTM's circular convolution pads two cells on each side and crops one again; a pull request pads a single
cell. Both are the same shift.
Source: https://github.com/loudinthecloud/pytorch-ntm/pull/4"""
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
    f = keras.config.floatx()
    n, ctrl, cells, word = 14, 5, 6, 4
    to_w = tf.Variable(0.6 * rng.standard_normal((ctrl, cells)).astype(f), name="fc_address")
    to_s = tf.Variable(0.8 * rng.standard_normal((ctrl, 3)).astype(f), name="fc_shift")
    memory = tf.Variable(rng.standard_normal((cells, word)).astype(f), name="memory")
    batch = {
        "controller": rng.standard_normal((n, ctrl)).astype(f),
        "read": rng.standard_normal((n, word)).astype(f),
    }

    def reference(b):
        w = tf.nn.softmax(b["controller"] @ to_w)
        s = tf.nn.softmax(b["controller"] @ to_s)
        shifted = s[:, 0:1] * tf.roll(w, 1, axis=1) + s[:, 1:2] * w + s[:, 2:3] * tf.roll(w, -1, axis=1)
        sharp = shifted ** 2
        sharp = sharp / tf.reduce_sum(sharp, axis=1, keepdims=True)
        return tf.reduce_mean((sharp @ memory - b["read"]) ** 2)

    def candidate(b):
        def _convolve(w, s):
            """Circular convolution implementation."""
            assert s.shape[0] == 3
            t = tf.concat([w[-2:], w, w[:2]], axis=0)
            c = tf.nn.conv1d(t[None, :, None], s[:, None, None], stride=1, padding="VALID")
            return tf.reshape(c, [-1])[1:-1]

        def _sharpen(w):
            w = tf.pow(w, 2.0)
            return w / tf.reduce_sum(w)

        address = keras.ops.softmax(keras.ops.matmul(b["controller"], to_w))
        shift = keras.ops.softmax(keras.ops.matmul(b["controller"], to_s))
        loss = 0.0
        for i in range(n):
            read = tf.linalg.matvec(memory, _sharpen(_convolve(address[i], shift[i])), transpose_a=True)
            loss = loss + tf.reduce_mean(tf.math.squared_difference(read, b["read"][i]))
        return loss / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [to_w, to_s, memory]}
