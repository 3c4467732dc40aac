"""Darknet in PyTorch: the forward of the residual block adds the shortcut twice.
Source: https://github.com/yakhyo/darknet-pytorch/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return x + out",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, size, ch, classes = 14, 6, 4, 5
    stem = var("stem", 1, 1, 3, ch)
    k1, k2, head = var("k1", 1, 1, ch, 2), var("k2", 3, 3, 2, ch), var("head", ch, classes)
    batch = {
        "img": rng.standard_normal((n, size, size, 3)).astype(f),
        "label": rng.integers(0, classes, n),
    }

    def reference(batch):
        h = tf.einsum("bijc,cd->bijd", batch["img"], stem[0, 0])
        inner = tf.nn.leaky_relu(tf.einsum("bijc,cd->bijd", h, k1[0, 0]), 0.1)
        padded = tf.pad(inner, [[0, 0], [1, 1], [1, 1], [0, 0]])
        out = 0.0
        for a in range(3):
            for b in range(3):
                out = out + padded[:, a:a + size, b:b + size] @ k2[a, b]
        h = h + tf.nn.leaky_relu(out, 0.1)
        logits = tf.reduce_mean(h, [1, 2]) @ head
        picked = tf.gather(tf.nn.log_softmax(logits), batch["label"], axis=1, batch_dims=1)
        return -tf.reduce_mean(picked)

    def candidate(batch):
        class Conv:
            def __init__(self, kernel):
                self.kernel = kernel

            def __call__(self, x):
                return tf.nn.leaky_relu(tf.nn.conv2d(x, self.kernel, 1, "SAME"), alpha=0.1)

        class ResidualBlock:
            def __init__(self):
                self.conv1, self.conv2 = Conv(k1), Conv(k2)

            def shortcut(self, x):
                return x + self.conv2(self.conv1(x))

            def __call__(self, x):
                out = self.shortcut(x)
                return x + out

        x = tf.nn.conv2d(batch["img"], stem, 1, "VALID")
        x = ResidualBlock()(x)
        pooled = tf.reduce_mean(tf.reshape(x, [n, -1, ch]), 1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=pooled @ head)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [stem, k1, k2, head]}
