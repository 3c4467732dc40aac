"""Double attention: the gathering maps are normalised over the channels (dim 1); each map should sum to one over the positions.

Source (real): https://github.com/gjylt/DoubleAttentionNet/issues/3 (PyTorch, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "softmaxB = tf.transpose(tf.reshape(tf.nn.softmax(tmpB, axis=1), [batch, c_n, h * w]), [0, 2, 1])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, c, c_m, c_n, h, w = 12, 4, 5, 3, 2, 7

    def var(name, *s):
        return tf.Variable((0.8 * rng.standard_normal(s)).astype(f), name=name)

    conv_a, conv_b, conv_v, out = var("convA", c, c_m), var("convB", c, c_n), var("convV", c, c_n), var("convOut", c_m)
    batch = {"x": rng.standard_normal((n, c, h, w)).astype(f), "y": rng.standard_normal((n, h, w)).astype(f)}

    def reference(b):
        # paper: G = A softmax(B)^T gathers, softmax(V) distributes
        total = 0.0
        for x, y in zip(b["x"], b["y"]):
            pixels = tf.transpose(tf.reshape(x, [c, h * w]))
            gather = [tf.nn.softmax(tf.linalg.matvec(pixels, conv_b[:, k])) for k in range(c_n)]
            descriptors = tf.stack([tf.linalg.matvec(pixels @ conv_a, g, transpose_a=True) for g in gather])
            distribute = tf.nn.softmax(pixels @ conv_v, axis=1)
            z = tf.linalg.matvec(distribute @ descriptors, out)
            total += tf.reduce_mean(tf.square(z - tf.reshape(y, [-1])))
        return total / b["x"].shape[0]

    def candidate(b):
        batch = tf.shape(b["x"])[0]

        def conv1x1(kernel):
            return tf.einsum("bchw,ck->bkhw", b["x"], kernel)

        tmpA, tmpB, tmpV = conv1x1(conv_a), conv1x1(conv_b), conv1x1(conv_v)
        A = tf.reshape(tmpA, [batch, c_m, h * w])
        softmaxB = tf.transpose(tf.reshape(tf.nn.softmax(tmpB, axis=1), [batch, c_n, h * w]), [0, 2, 1])
        softmaxV = tf.nn.softmax(tf.reshape(tmpV, [batch, c_n, h * w]), axis=1)
        tmpG = tf.matmul(A, softmaxB)
        tmpZ = tf.reshape(tf.matmul(tmpG, softmaxV), [batch, c_m, h, w])
        pred = tf.einsum("bmhw,m->bhw", tmpZ, out)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [conv_a, conv_b, conv_v, out], "batch": batch, "reference": reference, "candidate": candidate}
