"""The event indicator has shape (n, 1) and meets a vector of shape (n,): every subject's likelihood is multiplied by every other's event.

Source (real): https://github.com/mahmoodlab/PathomicFusion/pull/9
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'cox = -tf.reduce_mean((theta - log_risk) * censor)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 10, 6, 4
    w1 = tf.Variable((0.6 * rng.normal(size=(d, h))).astype(np.float32), name="w1")
    b1 = tf.Variable(np.zeros(h, np.float32), name="b1")
    w2 = tf.Variable((0.8 * rng.normal(size=(h, 1))).astype(np.float32), name="w2")
    event = (rng.random((n, 1)) < 0.6).astype(np.float32)
    event[0] = 1.0
    batch = {
        "omic": rng.normal(size=(n, d)).astype(np.float32),
        "time": rng.exponential(size=(n, 1)).astype(np.float32),
        "event": event,
    }
    lam = 3e-2

    def hazard(omic):
        hidden = tf.nn.elu(omic @ w1 + b1)
        return 3.0 * tf.tanh(hidden @ w2)

    def l1_norm():
        return tf.reduce_sum(tf.abs(w1)) + tf.reduce_sum(tf.abs(w2))

    def reference(b):
        pred = hazard(b["omic"])
        total = 0.0
        for i in range(n):
            at_risk = tf.cast(b["time"][:, 0] >= b["time"][i, 0], tf.float32)
            log_denominator = tf.math.log(tf.reduce_sum(at_risk * tf.exp(pred[:, 0])))
            total -= b["event"][i, 0] * (pred[i, 0] - log_denominator)
        return total / n + lam * l1_norm()

    def candidate(b):
        survtime, censor = b["time"], b["event"]
        R_mat = tf.cast(tf.transpose(survtime) >= survtime, tf.float32)
        theta = tf.reshape(hazard(b["omic"]), [-1])
        exp_theta = tf.exp(theta)
        log_risk = tf.math.log(tf.reduce_sum(exp_theta * R_mat, axis=1))
        cox = -tf.reduce_mean((theta - log_risk) * censor)
        return cox + lam * l1_norm()

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
