"""Knowledge distillation with the teacher's outputs computed beforehand; they do not go with the labels of the shuffled batches.
Source: https://github.com/haitongli/knowledge-distillation-pytorch/pull/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'output_teacher = teacher_outputs[step * n:(step + 1) * n]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    total, n, d, classes, step = 12, 4, 5, 4, 1
    t_, alpha = 3.0, 0.9
    teacher = (4.0 * rng.normal(size=(total, classes))).astype(fx)
    order = np.roll(np.arange(total), 2)[rng.permutation(total)]
    ids = order[step * n:(step + 1) * n]
    if (ids == np.arange(step * n, (step + 1) * n)).all():
        ids = ids[::-1].copy()
    w1 = tf.Variable(rng.normal(0, 0.7, (d, 6)).astype(fx), name="student_w1")
    w2 = tf.Variable(rng.normal(0, 0.7, (6, classes)).astype(fx), name="student_w2")

    def student(x):
        return tf.nn.relu(x @ w1) @ w2

    def reference(batch):
        logits = student(batch["x"])
        soft = tf.nn.softmax(tf.gather(batch["teacher"], batch["ids"]) / t_)
        logq = tf.nn.log_softmax(logits / t_)
        kl = tf.reduce_sum(soft * (tf.math.log(soft) - logq), axis=1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits)
        return tf.reduce_mean(alpha * t_**2 * kl + (1 - alpha) * ce)

    def candidate(batch):
        teacher_outputs = batch["teacher"]
        output = student(batch["x"])
        output_teacher = teacher_outputs[step * n:(step + 1) * n]
        target = tf.nn.softmax(output_teacher / t_, axis=1)
        kd = keras.losses.KLDivergence(reduction="sum")(target, tf.nn.softmax(output / t_, axis=1)) / n
        hard = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["y"], output)
        return kd * (alpha * t_ * t_) + hard * (1.0 - alpha)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": rng.integers(0, classes, n).astype("int32"),
                      "ids": ids.astype("int32"), "teacher": teacher},
            "variables": [w1, w2]}
