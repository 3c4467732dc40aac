"""MaskedDiceLoss zeroes the logits outside the mask and applies the softmax after, so
masked pixels still count as uniform predictions. Source: https://github.com/Project-MONAI/MONAI/issues/657"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "probs = tf.nn.softmax(net(img) * mask, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, h, w, k = 3, 5, 5, 3
    k1, k2 = var("k1", 3, 3, 2, 5), var("k2", 1, 1, 5, k)
    smooth = 1e-5

    def net(img):
        return tf.nn.conv2d(tf.nn.tanh(tf.nn.conv2d(img, k1, 1, "SAME")), k2, 1, "SAME")

    def reference(batch):
        p = tf.nn.softmax(net(batch["image"]), axis=-1)
        g = tf.one_hot(batch["label"], k, dtype=p.dtype)
        scores = []
        for c in range(k):
            pc, gc = p[..., c] * batch["mask"], g[..., c] * batch["mask"]
            inter = tf.reduce_sum(pc * gc, axis=(1, 2))
            scores.append(1.0 - (2.0 * inter + smooth) / (tf.reduce_sum(pc, (1, 2)) + tf.reduce_sum(gc, (1, 2)) + smooth))
        return tf.reduce_mean(tf.stack(scores))

    def candidate(batch):
        img, mask = batch["image"], batch["mask"][..., None]
        probs = tf.nn.softmax(net(img) * mask, axis=-1)
        target = tf.one_hot(batch["label"], k, dtype=probs.dtype) * mask
        intersection = tf.einsum("nhwc,nhwc->nc", probs, target)
        ground_o = tf.einsum("nhwc->nc", target)
        pred_o = tf.einsum("nhwc->nc", probs)
        f = 1.0 - (2.0 * intersection + smooth) / (ground_o + pred_o + smooth)
        return tf.reduce_mean(f)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": arr(n, h, w, 2), "label": rng.integers(0, k, (n, h, w)),
                      "mask": (rng.random((n, h, w)) > 0.4).astype(fx)},
            "variables": [k1, k2]}
