"""Wrong: the log-determinant of the second coupling overwrites the sum so far instead of being added.

Source (real): https://github.com/tensorflow/models/issues/7465
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "z, log_diff = coupling(z, 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    D = 6
    patterns = [np.arange(D) % 2 == 0, np.arange(D) % 2 == 1, np.arange(D) < 3]
    masks = [tf.constant(p.astype("float32")) for p in patterns]
    ws = [tf.Variable(rng.normal(0, 0.4, (D, D)).astype("float32"), name=f"scale_w{i}") for i in range(3)]
    wt = [tf.Variable(rng.normal(0, 0.4, (D, D)).astype("float32"), name=f"shift_w{i}") for i in range(3)]
    batch = {"x": rng.normal(size=(12, D)).astype("float32")}

    def coupling(x, i):
        m = masks[i]
        s = tf.tanh((m * x) @ ws[i]) * (1 - m)
        t = ((m * x) @ wt[i]) * (1 - m)
        return m * x + (1 - m) * (x * tf.exp(s) + t), tf.reduce_sum(s, axis=1)

    def prior_logp(z):
        return -0.5 * tf.reduce_sum(z**2 + float(np.log(2 * np.pi)), axis=1)

    def reference(b):
        z, parts = b["x"], []
        for i in range(3):
            z, ld = coupling(z, i)
            parts.append(ld)
        return -tf.reduce_mean(prior_logp(z) + tf.add_n(parts)) / D

    def candidate(b):
        z, log_diff = coupling(b["x"], 0)
        z, log_diff = coupling(z, 1)
        z, inc_log_diff = coupling(z, 2)
        log_diff = log_diff + inc_log_diff
        log_likelihood = prior_logp(z) + log_diff
        return -tf.reduce_mean(log_likelihood) / D

    return {"variables": ws + wt, "batch": batch, "reference": reference, "candidate": candidate}
