"""Multi-class focal loss: channels-first probabilities are flattened to (-1, classes) without a transposition, so they no longer belong to the labels.

Source (real): https://github.com/MIC-DKFZ/nnUNet/issues/705 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "logits = tf.reshape(probs, [-1, num_classes])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, num_classes, pix, d = 15, 3, 8, 4
    w = tf.Variable(0.9 * arr(d, num_classes), name="seg_head")
    bias = tf.Variable(0.2 * arr(num_classes), name="seg_bias")
    batch = {"feat": arr(n, d, pix), "label": rng.integers(0, num_classes, (n, 1, pix))}

    def net_output(b):
        return tf.einsum("ndp,dc->ncp", b["feat"], w) + bias[None, :, None]

    def reference(b):
        logp = tf.nn.log_softmax(tf.transpose(net_output(b), [0, 2, 1]))
        labels = b["label"][:, 0, :]
        own = tf.gather(logp, labels, batch_dims=2)
        return tf.reduce_mean(-((1.0 - tf.exp(own)) ** 2) * own)

    def candidate(b):
        probs = tf.nn.softmax(net_output(b), axis=1)
        logits = tf.reshape(probs, [-1, num_classes])
        target = tf.reshape(b["label"], [-1])
        loss = 0.0
        for cls in range(num_classes):
            cls_label_target = tf.cast(target == cls, f)
            cls_label_input = logits[:, cls]
            weight = (1.0 - cls_label_input) ** 2
            loss -= tf.reduce_sum(cls_label_target * weight * tf.math.log(cls_label_input))
        return loss / tf.cast(tf.size(target), f)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
