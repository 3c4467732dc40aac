"""Fast style transfer: the normalisation of the style loss by the size of the feature map and of the Gram matrix.
Source: https://github.com/lengstrom/fast-style-transfer/issues/115"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'style_losses.append(2.0 * tf.nn.l2_loss(grams - style_gram) / tf.size(style_gram, out_type=grams.dtype))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    bs, hw, c1, c2 = 2, 4, 3, 5
    k0 = tf.Variable(rng.normal(0, 0.6, (3, 3, 2, 2)).astype(fx), name="transform_net")
    v1 = rng.normal(0, 0.6, (3, 3, 2, c1)).astype(fx)
    v2 = rng.normal(0, 0.5, (3, 3, c1, c2)).astype(fx)
    style_weight, content_weight = 50.0, 1.5

    def vgg(img):
        f1 = tf.nn.relu(tf.nn.conv2d(img, v1, 1, "SAME"))
        f2 = tf.nn.relu(tf.nn.conv2d(f1, v2, 2, "SAME"))
        return [f1, f2]

    def gram(f):
        _, h, w, c = f.shape
        flat = tf.reshape(f, (f.shape[0], h * w, c))
        return tf.matmul(flat, flat, transpose_a=True) / (h * w * c)

    def reference(batch):
        out = tf.tanh(tf.nn.conv2d(batch["content"], k0, 1, "SAME"))
        got, want, style = vgg(out), vgg(batch["content"]), vgg(batch["style"])
        content = content_weight * tf.reduce_sum((got[1] - want[1]) ** 2) / tf.size(got[1], out_type=out.dtype)
        style_term = sum(tf.reduce_sum((gram(a) - gram(b)) ** 2) for a, b in zip(got, style))
        return content + style_weight * style_term / bs

    def candidate(batch):
        preds = tf.tanh(tf.nn.conv2d(batch["content"], k0, 1, "SAME"))
        net = vgg(preds)
        content_features = vgg(batch["content"])[1]
        content_size = tf.size(content_features, out_type=preds.dtype)
        content_loss = content_weight * (2.0 * tf.nn.l2_loss(net[1] - content_features) / content_size)
        style_losses = []
        for layer, style_layer in zip(net, vgg(batch["style"])):
            grams = gram(layer)
            style_gram = gram(style_layer)
            style_losses.append(2.0 * tf.nn.l2_loss(grams - style_gram) / tf.size(style_gram, out_type=grams.dtype))
        style_loss = style_weight * tf.add_n(style_losses) / bs
        return content_loss + style_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"content": rng.normal(size=(bs, hw, hw, 2)).astype(fx),
                      "style": rng.normal(size=(1, hw, hw, 2)).astype(fx)},
            "variables": [k0]}
