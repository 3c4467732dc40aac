"""The student of a pixelwise distillation enters the KL as softmax where kl_div expects log_softmax.

Source (real): https://github.com/microsoft/ProDA/issues/20
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "student = tf.nn.softmax(out, axis=-1)",
    "same_forward_value": False,
}


def kl_div(log_input, target):
    """torch.nn.functional.kl_div, reduction='none'."""
    return target * (tf.math.log(target + 1e-8) - log_input)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h, w, d, c = 6, 4, 4, 5, 3
    kernel = tf.Variable(rng.normal(0, 0.5, (d, c)).astype("float32"), name="classifier")
    bias = tf.Variable(np.zeros(c, "float32"), name="classifier_bias")
    batch = {
        "feat": rng.normal(0, 1, (n, h, w, d)).astype("float32"),
        "teacher_logits": rng.normal(0, 1.5, (n, h, w, c)).astype("float32"),
        "pseudo": rng.integers(0, c, (n, h, w)).astype("int32"),
        "valid": (rng.uniform(size=(n, h, w)) > 0.25).astype("float32"),
    }

    def pseudo_label_ce(b, out):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["pseudo"], logits=out)
        return tf.reduce_sum(ce * b["valid"]) / tf.reduce_sum(b["valid"])

    def reference(b):
        out = tf.einsum("nhwd,dc->nhwc", b["feat"], kernel) + bias
        teacher = tf.nn.softmax(b["teacher_logits"], axis=-1)
        student = tf.nn.log_softmax(out, axis=-1)
        loss_kd = tf.reduce_sum(kl_div(student, teacher) * b["valid"][..., None]) / tf.reduce_sum(b["valid"])
        return pseudo_label_ce(b, out) + 1.5 * loss_kd

    def candidate(b):
        out = tf.einsum("nhwd,dc->nhwc", b["feat"], kernel) + bias
        loss = pseudo_label_ce(b, out)
        student = tf.nn.softmax(out, axis=-1)
        teacher = tf.stop_gradient(tf.nn.softmax(b["teacher_logits"], axis=-1))
        loss_kd = kl_div(student, teacher)
        mask = b["valid"][..., None]
        loss_kd = tf.reduce_sum(loss_kd * mask) / tf.reduce_sum(mask)
        return loss + 1.5 * loss_kd

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
