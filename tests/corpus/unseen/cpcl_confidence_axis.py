"""Cyclic prototype consistency: the confidence that weights the consistency term is a softmax over the last axis, not the classes.

Source (real): https://github.com/leofansq/CPCL/issues/1 (PyTorch, ported; logits are (batch, class, width, height, depth);
"the dim seem to be wrong?").
Right answer: NOT equivalent; the two consistency terms are weighted by the wrong confidences.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "conf = tf.nn.softmax(logits_cons_tea, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, classes, side, depth, d = 12, 2, 3, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    student = tf.Variable(0.6 * arr(d, classes), name="student")
    proto = tf.Variable(0.8 * arr(classes, d), name="prototypes")
    teacher = [tf.constant((0.5 + k) * 0.5 * arr(d, classes)) for k in range(2)]
    batch = {"vol": arr(n, side, depth, d), "vol_ema": arr(n, side, depth, d)}

    def reference(b):
        student_logits = [b["vol"] @ student, tf.einsum("bsed,cd->bsec", tf.tanh(b["vol"]), proto)]
        loss = 0.0
        for logits, frozen in zip(student_logits, teacher):
            p_tea = tf.nn.softmax(b["vol_ema"] @ frozen)
            gap = tf.nn.softmax(logits) - p_tea
            # voxel by voxel confidence, averaged
            weight = tf.reduce_mean(tf.reduce_max(p_tea, axis=3))
            loss += weight * tf.reduce_mean(gap * gap)
        return loss

    def candidate(b):
        def channels_first(t):
            return tf.transpose(t, [0, 3, 1, 2])

        def weight_of(logits_cons_tea):
            conf = tf.nn.softmax(logits_cons_tea, axis=-1)
            return tf.reduce_mean(tf.reduce_max(conf, axis=1))

        def softmax_mse(input_logits, target_logits):
            return tf.reduce_mean(tf.square(tf.nn.softmax(input_logits, axis=1) - tf.nn.softmax(target_logits, axis=1)))

        logits_cons_stu_1 = channels_first(tf.tensordot(b["vol"], student, 1))
        logits_cons_stu_2 = channels_first(tf.tensordot(tf.tanh(b["vol"]), proto, [[3], [1]]))
        logits_cons_tea_1 = channels_first(tf.tensordot(b["vol_ema"], teacher[0], 1))
        logits_cons_tea_2 = channels_first(tf.tensordot(b["vol_ema"], teacher[1], 1))
        loss_w_1, loss_w_2 = weight_of(logits_cons_tea_1), weight_of(logits_cons_tea_2)
        consistency = loss_w_1 * softmax_mse(logits_cons_stu_1, logits_cons_tea_1)
        return consistency + loss_w_2 * softmax_mse(logits_cons_stu_2, logits_cons_tea_2)

    return {"variables": [student, proto], "batch": batch, "reference": reference, "candidate": candidate}
