"""Soft-target distillation: people asked why the student gets a log_softmax and the teacher a plain softmax; that is what
PyTorch's kl_div expects, and it is the KL divergence.
Source: https://github.com/AberHu/Knowledge-Distillation-Zoo/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, classes = 14, 6, 5
    w = tf.Variable(rng.normal(size=(d, classes)).astype(f) * 0.8, name="student_fc")
    x = rng.normal(size=(n, d)).astype(f)
    out_t = (rng.normal(size=(n, classes)) * 2.5).astype(f)
    temp = 3.0

    def reference(batch):
        s, t = batch["x"] @ w / temp, batch["out_t"] / temp
        total = 0.0
        for i in range(n):
            log_t = t[i] - tf.reduce_logsumexp(t[i])
            log_s = s[i] - tf.reduce_logsumexp(s[i])
            total += tf.reduce_sum(tf.exp(log_t) * (log_t - log_s))
        return temp ** 2 * total / n

    def candidate(batch):
        def kl_div(input, target, reduction):
            point = keras.ops.where(target > 0, target * (keras.ops.log(target) - input), 0.0)
            return tf.reduce_sum(point) / input.shape[0] if reduction == "batchmean" else tf.reduce_mean(point)

        class SoftTarget:
            def __init__(self, T):
                self.T = T

            def forward(self, out_s, out_t):
                loss = kl_div(tf.nn.log_softmax(out_s / self.T, axis=1), tf.nn.softmax(out_t / self.T, axis=1),
                              reduction="batchmean") * self.T * self.T
                return loss

        return SoftTarget(temp).forward(tf.matmul(batch["x"], w), batch["out_t"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "out_t": out_t}, "variables": [w]}
