"""With several images in a batch the style loss adds up the Gram differences of the images before
they are squared. Source: https://github.com/OlavHN/fast-neural-style/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'gap = tf.reduce_sum(gram(generated) - style_gram, 0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, h, w, c, f = 3, 4, 3, 2, 3
    images = normal(b, h, w, c)
    content = normal(b, h, w, f)
    style_gram = normal(f, f, scale=0.5)
    weight = np.array([1.0, 0.5, 0.25], dtype=fx)
    kernel = var("kernel", c, f)
    shift = var("shift", f)

    def reference(batch):
        loss = 0.0
        for i in range(b):
            feat = tf.nn.tanh(tf.reshape(batch["images"][i], [h * w, c]) @ kernel + shift)
            g = tf.matmul(feat, feat, transpose_a=True) / (h * w * f)
            loss += tf.nn.l2_loss(g - batch["style_gram"]) / (f * f)
            goal = tf.reshape(batch["content"][i], [h * w, f])
            loss += 0.01 * batch["weight"][i] * tf.nn.l2_loss(feat - goal) / (h * w * f)
        return loss

    def candidate(batch):
        style_gram = batch["style_gram"]

        def gram(layer):
            flat = tf.reshape(layer, [b, -1, f])
            return tf.matmul(flat, flat, transpose_a=True) / (h * w * f)

        generated = tf.nn.tanh(tf.einsum("bhwc,cf->bhwf", batch["images"], kernel) + shift)
        gap = tf.reduce_sum(gram(generated) - style_gram, 0)
        style_loss = tf.nn.l2_loss(gap) / (f * f)
        per_image = tf.reduce_sum(tf.square(generated - batch["content"]), axis=[1, 2, 3]) / 2
        content_loss = tf.reduce_sum(batch["weight"] * per_image) / (h * w * f)
        return style_loss + 0.01 * content_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"images": images, "content": content, "style_gram": style_gram, "weight": weight},
            "variables": [kernel, shift]}
