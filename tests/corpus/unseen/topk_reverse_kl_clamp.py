"""Truncated reverse KL over the student's top-k inherits a clamp at zero from the forward variant; negative
terms lose all their gradient. Source: https://github.com/verl-project/verl/pull/7806"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "losses = tf.maximum(losses, 0.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, d, v, k = 3, 4, 5, 8, 2
    w = tf.Variable(0.5 * rng.standard_normal((d, v)).astype(fx), name="student_head")
    bias = tf.Variable(0.2 * rng.standard_normal(v).astype(fx), name="student_bias")

    def reference(batch):
        logq = tf.nn.log_softmax(batch["hidden"] @ w + bias, axis=-1)
        logp = batch["teacher_logp"]
        total = 0.0
        for i in range(b):
            for j in range(t):
                ids = tf.argsort(logq[i, j], direction="DESCENDING")[:k]
                lq, lp = tf.gather(logq[i, j], ids), tf.gather(logp[i, j], ids)
                total += batch["response_mask"][i, j] * tf.reduce_sum(tf.exp(lq) * (lq - lp))
        return total / tf.reduce_sum(batch["response_mask"])

    def candidate(batch):
        student_lp = keras.ops.log_softmax(tf.matmul(batch["hidden"], w) + bias, axis=-1)
        top_lp, top_ids = tf.math.top_k(student_lp, k=k)
        teacher_lp = tf.gather(batch["teacher_logp"], top_ids, batch_dims=2)
        losses = tf.reduce_sum(tf.exp(top_lp) * (top_lp - teacher_lp), axis=-1)
        losses = tf.maximum(losses, 0.0)
        mask = batch["response_mask"]
        return tf.reduce_sum(losses * mask) / tf.reduce_sum(mask)

    hidden = rng.standard_normal((b, t, d)).astype(fx)
    own = hidden @ w.numpy()
    teach = own * np.where(rng.random((b, t, 1)) < 0.5, 2.5, 0.3)
    teach[0, 0], teach[0, 1] = 3.0 * own[0, 0], 0.1 * own[0, 1]
    teach = teach - np.log(np.exp(teach).sum(-1, keepdims=True))
    mask = np.ones((b, t))
    mask[1, 3:] = 0
    mask[2, 2:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hidden, "teacher_logp": teach.astype(fx), "response_mask": mask.astype(fx)},
            "variables": [w, bias]}
