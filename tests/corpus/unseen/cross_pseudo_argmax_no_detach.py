"""Cross pseudo supervision: the paper stops the gradient at the pseudo labels Y, the code has no detach.

Source (real): https://github.com/charlesCXK/TorchSemiSeg/issues/45 (PyTorch, ported; the answer: argmax has no gradient anyway).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


class Branch(keras.layers.Layer):
    def __init__(self, k1, k2):
        super().__init__()
        self.k1, self.k2 = k1, k2

    def call(self, x):
        return tf.nn.elu(x @ self.k1) @ self.k2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, ch, hid, classes = 13, 4, 3, 5, 6, 4
    cps_weight = 1.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    variables = [tf.Variable(0.7 * arr(*shape), name=f"branch{i}_{name}")
                 for i in (1, 2) for name, shape in (("k1", (ch, hid)), ("k2", (hid, classes)))]
    branch1, branch2 = Branch(*variables[:2]), Branch(*variables[2:])
    batch = {"imgs": arr(n, h, w, ch), "unsup_imgs": arr(n, h, w, ch), "gts": rng.integers(0, classes, (n, h, w))}

    def reference(b):
        def ce(soft_target, logits):
            return -tf.reduce_mean(tf.reduce_sum(soft_target * tf.nn.log_softmax(logits), -1))

        def hard(logits):
            best = tf.reduce_max(logits, -1, keepdims=True)
            return tf.stop_gradient(tf.cast(logits >= best, logits.dtype))

        truth = tf.one_hot(b["gts"], classes, dtype=variables[0].dtype)
        total = ce(truth, branch1(b["imgs"])) + ce(truth, branch2(b["imgs"]))
        everything = tf.concat([b["imgs"], b["unsup_imgs"]], 0)
        p, q = branch1(everything), branch2(everything)
        return total + cps_weight * (ce(hard(q), p) + ce(hard(p), q))

    def candidate(b):
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        sup_pred_l, unsup_pred_l = branch1(b["imgs"]), branch1(b["unsup_imgs"])
        sup_pred_r, unsup_pred_r = branch2(b["imgs"]), branch2(b["unsup_imgs"])

        pred_l = tf.concat([sup_pred_l, unsup_pred_l], axis=0)
        pred_r = tf.concat([sup_pred_r, unsup_pred_r], axis=0)
        max_l = tf.argmax(pred_l, axis=-1)
        max_r = tf.argmax(pred_r, axis=-1)
        cps_loss = criterion(max_r, pred_l) + criterion(max_l, pred_r)

        loss_sup = criterion(b["gts"], sup_pred_l)
        loss_sup_r = criterion(b["gts"], sup_pred_r)
        return loss_sup + loss_sup_r + cps_weight * cps_loss

    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
