"""Distillation loss with sequence-first activations: the loss mask is not transposed along with the logits
before both are flattened. Source: https://github.com/ServiceNow/Fast-LLM/pull/418"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'loss_mask = tf.cast(tf.reshape(batch["loss_mask"], [-1]), flat.dtype)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, s, d, v = 3, 5, 6, 7
    head = tf.Variable(rng.standard_normal((d, v)).astype(fx), name="lm_head")
    mix = tf.Variable(rng.standard_normal((d, d)).astype(fx) * 0.5, name="mix")

    def reference(batch):
        h = tf.tanh(batch["hidden"] @ mix)
        logq = tf.nn.log_softmax(h @ head)
        teacher = batch["teacher_logits"]
        logp = teacher - tf.reduce_logsumexp(teacher, axis=-1, keepdims=True)
        kl = tf.reduce_sum(tf.exp(logq) * (logq - logp), axis=-1)
        return tf.reduce_sum(tf.where(batch["loss_mask"], kl, tf.zeros_like(kl))) / (b * s)

    def candidate(batch):
        hidden = tf.transpose(batch["hidden"], [1, 0, 2])
        logits = tf.tanh(hidden @ mix) @ head
        target = tf.transpose(batch["teacher_logits"], [1, 0, 2])
        flat = tf.reshape(logits, [-1, v])
        flat_target = tf.reshape(target, [-1, v])
        loss_mask = tf.cast(tf.reshape(batch["loss_mask"], [-1]), flat.dtype)
        student_lp = tf.nn.log_softmax(flat, axis=-1)
        teacher_lp = tf.nn.log_softmax(flat_target, axis=-1)
        per_token = tf.reduce_sum(tf.exp(student_lp) * (student_lp - teacher_lp), axis=-1)
        return tf.reduce_mean(per_token * loss_mask)

    mask = np.array([[0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 1, 0, 0, 0]], bool)
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.standard_normal((b, s, d)).astype(fx),
                      "teacher_logits": 2 * rng.standard_normal((b, s, v)).astype(fx), "loss_mask": mask},
            "variables": [mix, head]}
