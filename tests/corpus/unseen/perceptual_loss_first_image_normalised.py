"""DeblurGANv2: for the perceptual loss only the first image of the batch is brought to the ImageNet mean and deviation.
Source: https://github.com/VITA-Group/DeblurGANv2/issues/82"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "im = tf.tensor_scatter_nd_update(im, [[0]], transform(im[0])[None])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, size = 12, 7
    gen = var("gen", 3, 3, 3, 3, scale=0.2)
    vgg1 = tf.constant(0.4 * rng.standard_normal((3, 3, 3, 5)), dtype=f)
    vgg2 = tf.constant(0.4 * rng.standard_normal((3, 3, 5, 4)), dtype=f)
    mean = tf.constant([0.485, 0.456, 0.406], dtype=f)
    std = tf.constant([0.229, 0.224, 0.225], dtype=f)
    batch = {
        "blurred": rng.uniform(-1, 1, (n, size, size, 3)).astype(f),
        "sharp": rng.uniform(-1, 1, (n, size, size, 3)).astype(f),
    }

    def reference(batch):
        fake = tf.tanh(tf.nn.conv2d(batch["blurred"], gen, 1, "SAME"))
        total = 0.0
        for i in range(n):
            feats = []
            for im in (fake[i:i + 1], batch["sharp"][i:i + 1]):
                z = (0.5 * (im + 1.0) - mean) / std
                feats.append(tf.nn.conv2d(tf.nn.relu(tf.nn.conv2d(z, vgg1, 1, "SAME")), vgg2, 1, "SAME"))
            total = total + tf.reduce_mean((feats[0] - feats[1]) ** 2)
        return total / n

    def candidate(batch):
        def transform(im):
            return (im - mean) / std

        def prepare(im):
            im = (im + 1) / 2.0
            im = tf.tensor_scatter_nd_update(im, [[0]], transform(im[0])[None])
            return im

        def content(im):
            h = tf.nn.relu(tf.nn.conv2d(prepare(im), vgg1, strides=1, padding="SAME"))
            return tf.nn.conv2d(h, vgg2, strides=1, padding="SAME")

        fake_im = tf.tanh(tf.nn.conv2d(batch["blurred"], gen, strides=1, padding="SAME"))
        f_fake, f_real = content(fake_im), content(batch["sharp"])
        return tf.reduce_mean(tf.math.squared_difference(f_fake, tf.stop_gradient(f_real)))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gen]}
