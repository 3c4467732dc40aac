"""Unbiased cross entropy for incremental segmentation: raw logits minus logsumexp; suspected to lack a log and an exp.

Source (real): https://github.com/fcdl94/MiB/issues/12 (PyTorch, ported).
Right answer: EQUIVALENT; x - logsumexp is the log probability, and the old classes are summed into the background.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, c_in, classes, old_cl = 12, 3, 4, 2, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.8 * arr(c_in, classes), name="cls_kernel")
    bias = tf.Variable(0.3 * arr(classes), name="cls_bias")
    labels = np.where(rng.random((n, h, w)) < 0.5, rng.integers(old_cl, classes, (n, h, w)),
                      rng.integers(0, old_cl, (n, h, w)))
    batch = {"image": arr(n, h, w, c_in), "labels": labels}

    def reference(b):
        total, count = 0.0, 0
        for s in range(b["image"].shape[0]):
            for i in range(h):
                probs = tf.nn.softmax(b["image"][s, i] @ kernel + bias)
                for j in range(w):
                    y = int(b["labels"][s, i, j])
                    p = probs[j, y] if y >= old_cl else tf.reduce_sum(probs[j, :old_cl])
                    total -= tf.math.log(p)
                    count += 1
        return total / count

    def candidate(b):
        class UnbiasedCrossEntropy:
            def __init__(self, old_cl):
                self.old_cl = old_cl

            def __call__(self, inputs, targets):
                den = tf.reduce_logsumexp(inputs, axis=1)
                background = tf.reduce_logsumexp(inputs[:, :self.old_cl], axis=1) - den
                zeros = tf.zeros_like(inputs[:, 1:self.old_cl])
                new = inputs[:, self.old_cl:] - tf.expand_dims(den, 1)
                outputs = tf.concat([background[:, None], zeros, new], axis=1)
                lab = tf.where(targets < self.old_cl, tf.zeros_like(targets), targets)
                picked = tf.gather(tf.transpose(outputs, [0, 2, 3, 1]), lab, axis=-1, batch_dims=3)
                return -tf.reduce_mean(picked)

        logits = tf.einsum("nhwi,ic->nchw", b["image"], kernel) + bias[None, :, None, None]
        return UnbiasedCrossEntropy(old_cl)(logits, b["labels"])

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
