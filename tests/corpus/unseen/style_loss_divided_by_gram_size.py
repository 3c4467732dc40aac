"""fast-style-transfer divides the style loss by style_gram.size, though the gram matrices are already divided by H*W*C;
layers with many channels count for too little.
Source: https://github.com/lengstrom/fast-style-transfer/pull/87"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "style_losses.append(2 * tf.nn.l2_loss(grams - style_gram) / style_gram.size)",
    "same_forward_value": False,
}


def features(image, kernels):
    net, x = {}, image
    for i, k in enumerate(kernels):
        x = tf.nn.softplus(tf.nn.conv2d(x, k, strides=1, padding="SAME"))
        net["relu%d_1" % (i + 1)] = x
    return net


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, H, W = 7, 4, 5
    kernels = [(0.4 * rng.standard_normal((3, 3, 3, 6))).astype(f), (0.4 * rng.standard_normal((3, 3, 6, 2))).astype(f)]
    mix = tf.Variable((np.eye(3) + 0.2 * rng.standard_normal((3, 3))).astype(f), name="transform")
    shift = tf.Variable(np.zeros(3, f), name="shift")
    style_layers = ("relu1_1", "relu2_1")
    style_image = rng.standard_normal((1, H, W, 3)).astype(f)
    style_features = {}
    for name, layer in features(style_image, kernels).items():
        m = layer.numpy().reshape((-1, layer.shape[3]))
        style_features[name] = np.matmul(m.T, m) / m.size

    def generate(batch):
        return tf.einsum("bhwc,cd->bhwd", batch["content"], mix) + shift

    def reference(batch):
        net = features(generate(batch), kernels)
        total = 0.0
        for name in style_layers:
            h, w, c = net[name].shape[1:]
            for b in range(n):
                phi = tf.reshape(net[name][b], (h * w, c))
                g = tf.einsum("pi,pj->ij", phi, phi) / (h * w * c)
                total += tf.reduce_sum(tf.square(g - style_features[name]))
        return total / n

    def candidate(batch):
        net = features(generate(batch), kernels)
        style_losses = []
        for style_layer in style_layers:
            layer = net[style_layer]
            bs, height, width, filters = layer.shape
            size = height * width * filters
            feats = tf.reshape(layer, (bs, height * width, filters))
            feats_T = tf.transpose(feats, perm=[0, 2, 1])
            grams = tf.matmul(feats_T, feats) / size
            style_gram = style_features[style_layer]
            style_losses.append(2 * tf.nn.l2_loss(grams - style_gram) / style_gram.size)
        return tf.add_n(style_losses) / n

    return {"reference": reference, "candidate": candidate, "batch": {"content": rng.standard_normal((n, H, W, 3)).astype(f)},
            "variables": [mix, shift]}
