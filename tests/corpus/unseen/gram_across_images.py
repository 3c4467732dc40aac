"""The Gram matrix of the style loss is taken of the (batch * channels, height * width) view; with more than one image
it holds products between channels of different images.
Source: https://github.com/enomotokenji/pytorch-Neural-Style-Transfer/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "features = tf.reshape(maps, (a * b, c * d))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, colours, channels = 13, 4, 6, 3, 5
    kernel = tf.Variable((0.6 * rng.standard_normal((colours, channels))).astype(f), name="kernel")
    bias = tf.Variable((0.2 * rng.standard_normal(channels)).astype(f), name="bias")
    batch = {
        "content": rng.standard_normal((n, h, w, colours)).astype(f),
        "style": (rng.standard_normal((n, channels, h, w)) + 0.5).astype(f),     # VGG maps of the style images
    }

    def feature_maps(x):
        return tf.transpose(tf.tanh(tf.tensordot(x, kernel, 1) + bias), (0, 3, 1, 2))

    def reference(batch):
        def gram(m):
            return tf.einsum("nchw,ndhw->ncd", m, m) / (channels * h * w)

        gap = gram(feature_maps(batch["content"])) - gram(batch["style"])
        return tf.reduce_mean(tf.reduce_sum(gap**2, axis=[1, 2]))

    def candidate(batch):
        class GramMatrix:
            def forward(self, maps):
                a, b, c, d = maps.shape
                features = tf.reshape(maps, (a * b, c * d))
                g = tf.matmul(features, features, transpose_b=True)
                return g / (b * c * d)

        class StyleLoss:
            def __init__(self, target):
                self.gram = GramMatrix()
                self.target = self.gram.forward(target)

            def forward(self, maps):
                g = self.gram.forward(maps)
                return tf.reduce_sum(tf.math.squared_difference(g, self.target)) / maps.shape[0]

        return StyleLoss(batch["style"]).forward(feature_maps(batch["content"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, bias]}
