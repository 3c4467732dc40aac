"""The Gram matrix treats a batch of feature maps as one image of batch times depth channels. Source: https://github.com/udacity/deep-learning-v2-pytorch/pull/167"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'flat = tf.reshape(tensor, [bsz * depth, height * width])',
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

    b, d, h, w, c = 3, 2, 3, 2, 2
    images = normal(b, c, h, w)
    styles = normal(b, c, h, w)
    layer_weight = np.array([1.0, 0.2], dtype=fx)
    k1 = var("k1", d, c)
    k2 = var("k2", d, d)

    def reference(batch):
        def features(img):
            low = tf.nn.tanh(k1 @ tf.reshape(img, [c, h * w]))
            return [low, tf.nn.relu(k2 @ low) + 0.1 * low]

        loss = 0.0
        for i in range(b):
            for wgt, gen, ref in zip(tf.unstack(batch["layer_weight"]), features(batch["images"][i]),
                                     features(batch["styles"][i])):
                target = tf.stop_gradient(ref @ tf.transpose(ref))
                loss += wgt * tf.reduce_sum((gen @ tf.transpose(gen) - target) ** 2) / (d * h * w)
        return loss / b

    def candidate(batch):
        def gram_matrix(tensor):
            bsz, depth, height, width = tensor.shape
            flat = tf.reshape(tensor, [bsz * depth, height * width])
            return tf.matmul(flat, flat, transpose_b=True)

        def get_features(img):
            low = tf.nn.tanh(tf.einsum("dc,bchw->bdhw", k1, img))
            high = tf.nn.relu(tf.einsum("ed,bdhw->behw", k2, low)) + 0.1 * low
            return low, high

        style_loss = 0.0
        target_feats = get_features(batch["images"])
        style_feats = get_features(batch["styles"])
        for layer in range(2):
            target_gram = gram_matrix(target_feats[layer])
            style_gram = tf.stop_gradient(gram_matrix(style_feats[layer]))
            layer_loss = batch["layer_weight"][layer] * tf.reduce_sum(tf.square(target_gram - style_gram))
            style_loss += layer_loss / (d * h * w)
        return style_loss / b

    return {"reference": reference, "candidate": candidate,
            "batch": {"images": images, "styles": styles, "layer_weight": layer_weight},
            "variables": [k1, k2]}
