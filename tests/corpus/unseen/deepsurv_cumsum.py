"""DeepSurv: the risk sets are never formed, a cumulative sum over subjects sorted by falling time stands for them.

Source (real): https://github.com/jaredleekatzman/DeepSurv/issues/40 (Theano, ported; the maintainer explains that the sorting makes it right)
Right answer: EQUIVALENT (no ties in the times).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, h = 19, 4, 6
    w = tf.Variable(0.5 * arr(d, h), name="hidden")
    v = tf.Variable(0.5 * arr(h), name="risk")
    batch = {
        "x": arr(n, d),
        "time": (rng.permutation(n) + 0.5).astype(f),
        "event": (rng.random(n) < 0.6).astype(f),
    }

    def log_hazard(x):
        return tf.linalg.matvec(tf.nn.selu(x @ w), v)

    def reference(b):
        risk = log_hazard(b["x"])
        total = 0.0
        for i in range(b["x"].shape[0]):
            in_risk_set = tf.cast(b["time"] >= b["time"][i], f)
            total += b["event"][i] * (tf.math.log(tf.reduce_sum(tf.exp(risk) * in_risk_set)) - risk[i])
        return total / tf.reduce_sum(b["event"])

    def candidate(b):
        order = tf.argsort(b["time"], direction="DESCENDING")
        risk = log_hazard(tf.gather(b["x"], order))
        observed = tf.gather(b["event"], order)
        hazard_ratio = tf.exp(risk)
        log_risk = tf.math.log(tf.cumsum(hazard_ratio))
        uncensored_likelihood = risk - log_risk
        censored_likelihood = uncensored_likelihood * observed
        return -tf.reduce_sum(censored_likelihood) / tf.reduce_sum(observed)

    return {"variables": [w, v], "batch": batch, "reference": reference, "candidate": candidate}
