"""DiceFocalLoss drops the background channel before the Dice part, whose softmax is then skipped on one channel.
Source: https://github.com/Project-MONAI/MONAI/issues/5413"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logits = logits[..., 1:]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, h, w, c = 3, 5, 5, 4
    k1 = tf.Variable(rng.normal(size=(c, 6)).astype(fx) * 0.7, name="k1")
    k2 = tf.Variable(rng.normal(size=(6, 2)).astype(fx) * 0.7, name="k2")

    def unet(image):
        return tf.einsum("bhwe,ek->bhwk", tf.nn.relu(tf.einsum("bhwc,ce->bhwe", image, k1)), k2)

    def reference(batch):
        logits = unet(batch["image"])
        prob = tf.nn.softmax(logits, axis=-1)[..., 1]
        fg = batch["mask"]
        inter = tf.reduce_sum(prob * fg, axis=[1, 2])
        denom = tf.reduce_sum(prob, axis=[1, 2]) + tf.reduce_sum(fg, axis=[1, 2])
        dice = tf.reduce_mean(1.0 - (2.0 * inter + 1e-5) / (denom + 1e-5))
        z = logits[..., 1]
        p = tf.sigmoid(z)
        pt = p * fg + (1 - p) * (1 - fg)
        focal = tf.square(1 - pt) * tf.nn.sigmoid_cross_entropy_with_logits(fg, z)
        return dice + tf.reduce_mean(focal)

    def candidate(batch):
        def dice_loss(x, y, softmax):
            if softmax and x.shape[-1] > 1:
                x = tf.nn.softmax(x, axis=-1)
            inter = tf.reduce_sum(x * y, axis=[1, 2])
            denom = tf.reduce_sum(x, axis=[1, 2]) + tf.reduce_sum(y, axis=[1, 2])
            return tf.reduce_mean(1.0 - (2.0 * inter + 1e-5) / (denom + 1e-5))

        def focal_loss(x, y, gamma=2.0):
            p = tf.sigmoid(x)
            pt = p * y + (1 - p) * (1 - y)
            return tf.reduce_mean((1 - pt) ** gamma * tf.nn.sigmoid_cross_entropy_with_logits(y, x))

        logits = unet(batch["image"])
        target = tf.stack([1.0 - batch["mask"], batch["mask"]], axis=-1)
        logits = logits[..., 1:]
        target = target[..., 1:]
        return dice_loss(logits, target, softmax=True) + focal_loss(logits, target)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": (rng.normal(size=(n, h, w, c)) + 0.5).astype(fx),
                      "mask": (rng.uniform(size=(n, h, w)) < 0.35).astype(fx)},
            "variables": [k1, k2]}
