"""Fast style transfer: the Gram matrix is divided by the size of the feature map and the style loss once more.
Source: https://github.com/lengstrom/fast-style-transfer/issues/102"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "style_losses.append(2 * tf.nn.l2_loss(grams - style_gram) / size)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w_ = 3, 6, 5
    chans = [4, 6]
    image = tf.Variable(rng.uniform(0, 1, (n, h, w_, 3)).astype(f), name="image")
    k1 = (0.5 * rng.standard_normal((3, 3, 3, chans[0]))).astype(f)
    k2 = (0.5 * rng.standard_normal((3, 3, chans[0], chans[1]))).astype(f)
    style_weight, tv_weight = 20.0, 0.1

    def vgg(img):
        r1 = tf.nn.relu(tf.nn.conv2d(img, k1, 1, "SAME"))
        r2 = tf.nn.relu(tf.nn.conv2d(r1, k2, 2, "SAME"))
        return [r1, r2]

    def reference(batch):
        style = 0.0
        for feat, target in zip(vgg(image), [batch["gram1"], batch["gram2"]]):
            _, fh, fw, c = feat.shape
            for s in range(n):
                flat = tf.reshape(feat[s], (fh * fw, c))
                gram = tf.transpose(flat) @ flat / (fh * fw * c)
                style += tf.reduce_sum(tf.square(gram - target))
        tv = tf.reduce_sum(tf.square(image[:, 1:] - image[:, :-1]))
        return style_weight * style / n + tv_weight * tv / n

    def candidate(batch):
        style_losses = []
        for layer, style_gram in zip(vgg(image), (batch["gram1"], batch["gram2"])):
            bs, height, width, filters = layer.shape
            size = height * width * filters
            feats = tf.reshape(layer, (bs, height * width, filters))
            feats_t = tf.transpose(feats, perm=[0, 2, 1])
            grams = tf.matmul(feats_t, feats) / size
            style_losses.append(2 * tf.nn.l2_loss(grams - style_gram) / size)
        style_loss = style_weight * tf.add_n(style_losses) / n
        y_tv = 2 * tf.nn.l2_loss(image[:, 1:, :, :] - image[:, : h - 1, :, :])
        return style_loss + tv_weight * y_tv / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"gram1": rng.uniform(0, 0.3, (chans[0],) * 2).astype(f),
                      "gram2": rng.uniform(0, 0.3, (chans[1],) * 2).astype(f)},
            "variables": [image]}
