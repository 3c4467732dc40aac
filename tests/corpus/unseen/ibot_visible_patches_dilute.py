"""The patch loss of iBOT++ is averaged over all the patches together, so the masked ones count too little;
masked and visible patches have to be normalised separately (the visible ones with their own weight).
Source: https://github.com/lightly-ai/lightly/pull/1937"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(tf.reduce_mean(loss, axis=1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, patches, dim, protos = 15, 8, 6, 7
    head = keras.layers.Dense(protos, name="student_head")
    head.build((None, dim))
    centre = (0.1 * rng.standard_normal(protos)).astype(f)
    mask = np.zeros((n, patches), dtype=bool)
    for row in mask:
        row[rng.permutation(patches)[: rng.integers(1, 4)]] = True
    batch = {
        "student": rng.standard_normal((n, patches, dim)).astype(f),
        "teacher": rng.standard_normal((n, patches, protos)).astype(f),
        "mask": mask,
    }
    t_student, t_teacher = 0.4, 0.2

    def reference(batch):
        log_q = tf.nn.log_softmax(head(batch["student"]) / t_student)
        p = tf.nn.softmax((batch["teacher"] - centre) / t_teacher)
        ce = tf.reduce_sum(-p * log_q, axis=-1)
        hidden = tf.boolean_mask(ce, batch["mask"])
        seen = tf.boolean_mask(ce, tf.logical_not(batch["mask"]))
        return tf.reduce_mean(hidden) + 1.0 * tf.reduce_mean(seen)

    def candidate(batch):
        class IBOTPlusPlusPatchLoss:
            def __init__(self, student_temp, teacher_temp):
                self.student_temp, self.teacher_temp = student_temp, teacher_temp

            def forward(self, teacher_out, student_out):
                teacher_prob = tf.exp(tf.nn.log_softmax((teacher_out - centre) / self.teacher_temp))
                student_out = student_out / self.student_temp
                log_norm = tf.reduce_logsumexp(student_out, axis=-1)
                loss = log_norm - tf.einsum("npk,npk->np", teacher_prob, student_out)
                return tf.reduce_mean(tf.reduce_mean(loss, axis=1))

        criterion = IBOTPlusPlusPatchLoss(t_student, t_teacher)
        return criterion.forward(batch["teacher"], head(batch["student"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [head.kernel, head.bias]}
