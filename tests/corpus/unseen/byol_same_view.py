"""The symmetric BYOL loss compares prediction and target projection of the same view instead of those
of the two different views. Source: https://github.com/The-AI-Summer/byol-cifar10/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss_two = loss_fn(student_pred_two, teacher_proj_two)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, h = 5, 6, 4
    enc, pred = var("student_encoder", d, h), var("predictor", h, h)
    x = rng.standard_normal((n, d))
    batch = {"view_one": (x + 0.7 * rng.standard_normal((n, d))).astype(fx),
             "view_two": (x + 0.7 * rng.standard_normal((n, d))).astype(fx),
             "teacher": (0.5 * rng.standard_normal((d, h))).astype(fx)}

    def reference(batch):
        total = 0.0
        views = [batch["view_one"], batch["view_two"]]
        for i in (0, 1):
            q = tf.math.l2_normalize(tf.nn.elu(views[i] @ enc) @ pred, axis=1)
            z = tf.math.l2_normalize(tf.nn.elu(views[1 - i] @ batch["teacher"]), axis=1)
            total += tf.reduce_mean(tf.reduce_sum(tf.square(q - tf.stop_gradient(z)), axis=1))
        return total

    def candidate(batch):
        def loss_fn(x, y):
            x = tf.math.l2_normalize(x, axis=-1)
            y = tf.math.l2_normalize(y, axis=-1)
            return 2.0 - 2.0 * tf.reduce_sum(x * y, axis=-1)

        one, two = batch["view_one"], batch["view_two"]
        student_pred_one = tf.nn.elu(one @ enc) @ pred
        student_pred_two = tf.nn.elu(two @ enc) @ pred
        teacher_proj_one = tf.stop_gradient(tf.nn.elu(one @ batch["teacher"]))
        teacher_proj_two = tf.stop_gradient(tf.nn.elu(two @ batch["teacher"]))
        loss_one = loss_fn(student_pred_one, teacher_proj_two)
        loss_two = loss_fn(student_pred_two, teacher_proj_two)
        return tf.reduce_mean(loss_one + loss_two)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [enc, pred]}
