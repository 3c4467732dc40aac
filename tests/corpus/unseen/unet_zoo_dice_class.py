"""The multi-class dice loss of a U-Net uses the hard-coded class 1 only; the other foreground classes are left out.
Source: https://github.com/shreyaspadhy/UNet-Zoo/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "dice_eso = dice[:, 1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, k, h, w, cin = 4, 4, 5, 5, 3
    ker = tf.Variable(rng.normal(size=(cin, k)).astype(fx), name="kernel")
    lab = rng.integers(0, k, size=(b, h, w))

    def reference(batch):
        p = tf.nn.softmax(tf.einsum("bchw,ck->bkhw", batch["img"], ker), axis=1)
        total = 0.0
        for c in range(1, k):
            pc, tc = p[:, c], batch["mask"][:, c]
            num = 2.0 * tf.reduce_sum(pc * tc, axis=[1, 2])
            den = tf.reduce_sum(pc * pc, axis=[1, 2]) + tf.reduce_sum(tc * tc, axis=[1, 2])
            total += tf.reduce_mean(num / (den + 1e-7))
        return 1.0 - total / (k - 1)

    def candidate(batch):
        probs = tf.nn.softmax(tf.einsum("bchw,ck->bkhw", batch["img"], ker), axis=1)
        mask = batch["mask"]
        num = tf.reduce_sum(probs * mask, axis=[2, 3])
        den1 = tf.reduce_sum(probs * probs, axis=[2, 3])
        den2 = tf.reduce_sum(mask * mask, axis=[2, 3])
        dice = 2.0 * num / (den1 + den2 + 1e-7)
        dice_eso = dice[:, 1]
        return 1.0 - tf.reduce_mean(dice_eso)

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.normal(size=(b, cin, h, w)).astype(fx),
                      "mask": np.moveaxis(np.eye(k)[lab], -1, 1).astype(fx)},
            "variables": [ker]}
