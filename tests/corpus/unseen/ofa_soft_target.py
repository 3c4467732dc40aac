"""Once-for-all: softmax on the teacher logits before a loss with its own log-softmax was suspected; that one is of the student.
Source: https://github.com/mit-han-lab/once-for-all/issues/5"""
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
    fx = keras.config.floatx()
    b, d, k = 6, 5, 4
    ratio = 0.7
    w = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="student")

    def reference(batch):
        logp = tf.nn.log_softmax(tf.matmul(batch["x"], w), axis=1)
        p_teacher = tf.exp(batch["teacher"] - tf.reduce_logsumexp(batch["teacher"], axis=1, keepdims=True))
        kd = -tf.reduce_mean(tf.reduce_sum(p_teacher * logp, axis=1))
        hard = -tf.reduce_mean(tf.gather(logp, batch["y"], axis=1, batch_dims=1))
        return ratio * kd + hard

    def candidate(batch):
        def cross_entropy_loss_with_soft_target(pred, soft_target):
            return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=soft_target, logits=pred))

        output = tf.matmul(batch["x"], w)
        soft_logits = tf.stop_gradient(batch["teacher"])
        soft_label = tf.nn.softmax(soft_logits, axis=1)
        kd_loss = cross_entropy_loss_with_soft_target(output, soft_label)
        onehot = tf.one_hot(batch["y"], k, dtype=output.dtype)
        return ratio * kd_loss + cross_entropy_loss_with_soft_target(output, onehot)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, d)).astype(fx), "teacher": 2 * rng.normal(size=(b, k)).astype(fx),
                      "y": rng.integers(0, k, size=b).astype("int32")},
            "variables": [w]}
