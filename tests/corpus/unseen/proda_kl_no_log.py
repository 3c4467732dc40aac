"""In the distillation stage kl_div gets the student's softmax rather than its log_softmax. Source: https://github.com/microsoft/ProDA/issues/43"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'student = tf.nn.softmax(out, axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, w, cin, ncls = 3, 4, 4, 3, 5
    kernel = var("kernel", 1, 1, cin, ncls)
    bias = var("bias", ncls)

    def reference(batch):
        logits = tf.nn.conv2d(batch["image"], kernel, 1, "SAME") + bias
        valid = tf.cast(batch["label"] != 250, logits.dtype)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.where(batch["label"] == 250, 0, batch["label"]), logits=logits)
        loss = tf.reduce_sum(ce * valid) / tf.reduce_sum(valid)
        t = tf.nn.softmax(batch["teacher_logits"])
        log_s = tf.nn.log_softmax(logits)
        kl = t * (tf.math.log(t) - log_s)
        return loss + 2.0 * tf.reduce_mean(kl)

    def candidate(batch):
        def kl_div(inp, target):
            return target * (tf.math.log(target) - inp)

        out = tf.nn.conv2d(batch["image"], kernel, strides=1, padding="SAME")
        out = tf.nn.bias_add(out, bias)
        mask = tf.cast(tf.not_equal(batch["label"], 250), out.dtype)
        labels = batch["label"] * tf.cast(mask, batch["label"].dtype)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=out)
        loss = tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)
        student = tf.nn.softmax(out, axis=-1)
        teacher = tf.nn.softmax(batch["teacher_logits"], axis=-1)
        loss_kd = kl_div(student, teacher)
        kd_mask = tf.cast(tf.not_equal(teacher, 250), out.dtype)
        loss_kd = tf.reduce_sum(loss_kd * kd_mask) / tf.reduce_sum(kd_mask)
        return loss + 2.0 * loss_kd

    lab = rng.integers(0, ncls, (n, h, w))
    lab[0, 0] = 250
    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.standard_normal((n, h, w, cin)).astype(fx), "label": lab,
                      "teacher_logits": (2 * rng.standard_normal((n, h, w, ncls))).astype(fx)},
            "variables": [kernel, bias]}
