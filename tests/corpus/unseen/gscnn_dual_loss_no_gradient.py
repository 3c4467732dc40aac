"""GSCNN dual loss: the helper that should take central differences returns the image itself twice.

Source (real): https://github.com/nv-tlabs/GSCNN/issues/16 (`gradient_central_diff` begins with `return input, input`, PyTorch, ported; the authors call it
"an old debugging artifact").
Right answer: NOT equivalent; the "edge magnitude" is sqrt(2) times the class probability.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return inp, inp",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, cin, classes = 12, 6, 7, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    k1 = tf.Variable(0.4 * arr(3, 3, cin, 5), name="conv_kernel")
    k2 = tf.Variable(0.6 * arr(5, classes), name="cls_w")
    blocks = np.repeat(np.repeat(rng.integers(0, classes, (n, 3, 4)), 2, axis=1), 2, axis=2)[:, :h, :w]
    batch = {"img": arr(n, h, w, cin), "seg": blocks}

    def logits(img):
        return tf.nn.relu(tf.nn.conv2d(img, k1, 1, "SAME")) @ k2

    def reference(b):
        def edges(maps):
            p = tf.pad(maps, [[0, 0], [1, 1], [1, 1], [0, 0]])
            dx = 0.5 * (p[:, 1:-1, 2:] - p[:, 1:-1, :-2])
            dy = 0.5 * (p[:, 2:, 1:-1] - p[:, :-2, 1:-1])
            return tf.sqrt(dx**2 + dy**2 + 1e-6)

        err = tf.abs(edges(tf.nn.softmax(logits(b["img"]))) - edges(tf.one_hot(b["seg"], classes, dtype=k1.dtype)))
        return tf.add_n([tf.reduce_mean(err[..., c]) for c in range(classes)]) / classes

    def candidate(b):
        def conv2d_same(inp, kernel):
            depthwise = tf.tile(tf.constant(kernel, k1.dtype)[:, :, None, None], [1, 1, classes, 1])
            return tf.nn.depthwise_conv2d(inp, depthwise, [1, 1, 1, 1], "SAME")

        def gradient_central_diff(inp):
            return inp, inp
            kernel = 0.5 * np.array([[-1.0, 0.0, 1.0]])
            return conv2d_same(inp, kernel), conv2d_same(inp, kernel.T)

        def numerical_gradients_2d(inp):
            assert inp.shape[1] > 1 and inp.shape[2] > 1
            x, y = gradient_central_diff(inp)
            return x, y

        def compute_grad_mag(e):
            ox, oy = numerical_gradients_2d(e)
            return tf.sqrt(ox * ox + oy * oy + 1e-6)

        g = compute_grad_mag(tf.nn.softmax(logits(b["img"]), axis=-1))
        g_hat = compute_grad_mag(tf.one_hot(b["seg"], classes, dtype=k1.dtype))
        return tf.reduce_mean(tf.abs(g - g_hat))

    return {"variables": [k1, k2], "batch": batch, "reference": reference, "candidate": candidate}
