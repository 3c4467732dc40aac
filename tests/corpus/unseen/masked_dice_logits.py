"""Masked Dice: the logits are masked to zero before the sigmoid, so every masked voxel enters with probability one half.

Source (real): https://github.com/Project-MONAI/MONAI/issues/8655 (PyTorch, ported: MaskedDiceLoss with sigmoid=True).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'masked_input = logits * mask',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, ch, vox, smooth = 17, 5, 2, 9, 1e-5

    w = tf.Variable(0.8 * arr(d, ch * vox), name="seg_w")
    b0 = tf.Variable(0.5 * arr(ch * vox), name="seg_b")
    batch = {
        "feat": arr(n, d),
        "label": (rng.random((n, ch, vox)) > 0.6).astype(f),
        "mask": (rng.random((n, 1, vox)) > 0.4).astype(f),
    }

    def unet(feat):
        return tf.reshape(feat @ w + b0, [-1, ch, vox])

    def reference(b):
        prob = tf.nn.sigmoid(unet(b["feat"]))
        m = prob.shape[0]
        total = 0.0
        for i in range(m):
            keep = b["mask"][i, 0] > 0
            for c in range(ch):
                p = tf.boolean_mask(prob[i, c], keep)
                g = tf.boolean_mask(b["label"][i, c], keep)
                overlap = 2.0 * tf.reduce_sum(p * g) + smooth
                total += 1.0 - overlap / (tf.reduce_sum(p) + tf.reduce_sum(g) + smooth)
        return total / (m * ch)

    def candidate(b):
        class DiceLoss:
            def forward(self, inp, target):
                inp = tf.sigmoid(inp)
                intersection = tf.reduce_sum(target * inp, axis=2)
                denominator = tf.reduce_sum(target, axis=2) + tf.reduce_sum(inp, axis=2)
                return tf.reduce_mean(1.0 - (2.0 * intersection + smooth) / (denominator + smooth))

        class MaskedDiceLoss(DiceLoss):
            def __call__(self, logits, target, mask):
                masked_input = logits * mask
                masked_target = target * mask
                return super().forward(masked_input, masked_target)

        return MaskedDiceLoss()(unet(b["feat"]), b["label"], b["mask"])

    return {"variables": [w, b0], "batch": batch, "reference": reference, "candidate": candidate}
