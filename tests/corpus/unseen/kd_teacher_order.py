"""Knowledge distillation with cached teacher outputs: they are indexed by the step, though the loader shuffles the samples, so a student sample meets another sample's teacher output. Source: https://github.com/haitongli/knowledge-distillation-pytorch/pull/16"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "output_teacher_batch = teacher_outputs[i * batch_size:(i + 1) * batch_size]",
    "same_forward_value": False,
}


def loss_fn_kd(outputs, labels, teacher_outputs, alpha, T):
    soft_teacher = tf.nn.softmax(teacher_outputs / T, axis=1)
    kl = tf.reduce_mean(tf.reduce_sum(soft_teacher * (tf.nn.log_softmax(teacher_outputs / T) - tf.nn.log_softmax(outputs / T, axis=1)), axis=1))
    hard = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=outputs))
    return kl * (alpha * T * T) + hard * (1.0 - alpha)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    dataset, batch_size, d, classes = 24, 6, 5, 4
    alpha, temperature = 0.9, 4.0
    train_x = rng.normal(size=(dataset, d)).astype(np.float32)
    train_y = rng.integers(0, classes, size=dataset).astype(np.int32)
    student = tf.keras.Sequential([tf.keras.layers.Input((d,)), tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(classes)])
    w_teacher = rng.normal(scale=2.0, size=(d, classes)).astype(np.float32)
    teacher_outputs = tf.constant(np.tanh(train_x) @ w_teacher)
    order = rng.permutation(dataset)
    i = 1
    sampled = order[i * batch_size:(i + 1) * batch_size]

    def teacher_model(x):
        return tf.stop_gradient(tf.tanh(x) @ w_teacher)

    def reference(batch):
        return loss_fn_kd(student(batch["x"]), batch["y"], teacher_model(batch["x"]), alpha, temperature)

    def candidate(batch):
        output_batch = student(batch["x"])
        output_teacher_batch = teacher_outputs[i * batch_size:(i + 1) * batch_size]
        return loss_fn_kd(output_batch, batch["y"], output_teacher_batch, alpha, temperature)

    return {"reference": reference, "candidate": candidate, "batch": {"x": train_x[sampled], "y": train_y[sampled]}, "variables": student.trainable_variables}
