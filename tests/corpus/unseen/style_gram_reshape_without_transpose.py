"""The features (H, W, C) are reshaped straight to (C, H*W) without a transpose, so the Gram matrix mixes channels and positions.

Source (real): https://github.com/marcopeix/Deep_Learning_AI/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'flat = tf.reshape(a, [n, n_c, n_h * n_w])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, size, ch = 6, 8, 5
    mix = tf.Variable((np.eye(3) + rng.normal(size=(3, 3)) * 0.2).astype("float32"), name="colour_mix")
    k = tf.Variable(rng.normal(size=(3, 3, 3, 3)).astype("float32") * 0.2, name="transfer_conv")
    vgg1 = tf.constant(rng.normal(size=(3, 3, 3, ch)).astype("float32") * 0.4)
    vgg2 = tf.constant(rng.normal(size=(3, 3, ch, ch)).astype("float32") * 0.4)
    batch = {
        "content": rng.random((n, size, size, 3)).astype("float32"),
        "style": rng.random((n, size, size, 3)).astype("float32"),
    }

    def stylise(x):
        return x @ mix + 0.5 * tf.nn.tanh(tf.nn.conv2d(x, k, 1, "SAME"))

    def features(x):
        h1 = tf.nn.relu(tf.nn.conv2d(x, vgg1, 1, "SAME"))
        return h1, tf.nn.relu(tf.nn.conv2d(h1, vgg2, 2, "SAME"))

    def total(b, gram):
        out = stylise(b["content"])
        f_out, f_style = features(out), features(b["style"])
        content = tf.reduce_mean(tf.square(f_out[1] - features(b["content"])[1]))
        style = 0.0
        for a_g, a_s in zip(f_out, f_style):
            style += tf.reduce_mean(tf.square(gram(a_g) - gram(a_s)))
        return content + 20.0 * style

    def reference(b):
        def gram(a):
            area = a.shape[1] * a.shape[2]
            return tf.einsum("nhwc,nhwd->ncd", a, a) / area
        return total(b, gram)

    def candidate(b):
        def gram_matrix(a):
            n_h, n_w, n_c = a.shape[1], a.shape[2], a.shape[3]
            flat = tf.reshape(a, [n, n_c, n_h * n_w])
            return tf.matmul(flat, flat, transpose_b=True) / (n_h * n_w)
        return total(b, gram_matrix)

    return {"variables": [mix, k], "batch": batch, "reference": reference, "candidate": candidate}
