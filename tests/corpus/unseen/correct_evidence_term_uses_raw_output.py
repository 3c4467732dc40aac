"""Right: with the exponential activation the log of the evidence is the network output itself, so the regulariser may use the output.

Source (real): https://github.com/pandeydeep9/EvidentialResearch2023/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, classes = 12, 5, 6, 4
    w1 = tf.Variable(rng.normal(0, 0.5, (d, h)), name="w1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.5, (h, classes)), name="w2", dtype=tf.float32)
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "target": np.eye(classes)[rng.integers(0, classes, n)].astype(np.float32),
    }
    kl_weight = 0.2

    def net(x):
        return tf.nn.elu(x @ w1) @ w2

    def mse_term(alpha, target):
        s = tf.reduce_sum(alpha, axis=1, keepdims=True)
        p = alpha / s
        return tf.reduce_sum(tf.square(target - p) + p * (1.0 - p) / (s + 1.0), axis=1)

    def kl_term(alpha, target):
        a = target + (1.0 - target) * alpha
        s = tf.reduce_sum(a, axis=1, keepdims=True)
        log_b = tf.math.lgamma(s[:, 0]) - tf.reduce_sum(tf.math.lgamma(a), axis=1)
        rest = tf.reduce_sum((a - 1.0) * (tf.math.digamma(a) - tf.math.digamma(s)), axis=1)
        return log_b + rest - tf.math.lgamma(float(classes))

    def reference(b):
        evidence = tf.exp(net(b["x"]))
        alpha = evidence + 1.0
        vacuity = tf.stop_gradient(classes / tf.reduce_sum(alpha, axis=1, keepdims=True))
        correct = tf.reduce_sum(vacuity * b["target"] * tf.math.log(evidence), axis=1)
        per_sample = mse_term(alpha, b["target"]) + kl_weight * kl_term(alpha, b["target"]) - correct
        return tf.reduce_mean(per_sample)

    def candidate(b):
        output = net(b["x"])
        alpha = tf.exp(output) + 1.0
        loss = tf.reduce_mean(mse_term(alpha, b["target"]))
        loss += kl_weight * tf.reduce_mean(kl_term(alpha, b["target"]))
        vacuity = tf.stop_gradient(classes / tf.reduce_sum(alpha, axis=1, keepdims=True))
        output_correct = output * b["target"]
        loss -= tf.reduce_sum(vacuity * output_correct) / output_correct.shape[0]
        return loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
