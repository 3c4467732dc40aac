"""The dice 'loss' gives back the dice score itself; minimising it makes the overlap smaller. The mend is 1 - score.
Source: https://github.com/sraashis/easytorch/pull/38"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'return f_beta',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, px, d = 13, 10, 4
    feats = rng.normal(size=(n, px, d)).astype(f)
    masks = (rng.uniform(size=(n, px)) < 0.4).astype(f)
    wgt = tf.Variable(rng.normal(size=(d, 1)).astype(f), name="wgt")
    off = tf.Variable(np.array([-0.2], f), name="off")

    def reference(batch):
        prob = tf.sigmoid(tf.squeeze(batch["feats"] @ wgt, -1) + off)
        inter = tf.tensordot(tf.reshape(prob, [-1]), tf.reshape(batch["masks"], [-1]), 1)
        return 1.0 - (2.0 * inter + 1.0) / (tf.reduce_sum(prob) + tf.reduce_sum(batch["masks"]) + 1.0)

    def candidate(batch):
        def dice_loss(outputs, target, beta=1, smooth=1.0):
            outputs = tf.reshape(outputs, (-1,))
            target = tf.reshape(target, (-1,))
            tp = tf.reduce_sum(outputs * target)
            fp = tf.reduce_sum(outputs * (1.0 - target))
            fn = tf.reduce_sum((1.0 - outputs) * target)
            bb = beta ** 2
            f_beta = ((1 + bb) * tp + smooth) / ((1 + bb) * tp + bb * fn + fp + smooth)
            return f_beta

        logits = tf.einsum("npd,do->np", batch["feats"], wgt) + off
        return dice_loss(tf.nn.sigmoid(logits), batch["masks"])

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "masks": masks}, "variables": [wgt, off]}
