"""Laplace score with a hand-written derivative: it compares the log scale with Y where the location is meant.

Source (real): https://github.com/stanfordmlgroup/ngboost/issues/177 (NumPy, ported as a custom gradient; the maintainer confirmed
np.sign(self.loc - Y) and np.abs(self.loc - Y)).
Right answer: NOT equivalent. The score is right, its derivative is not.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "diff = logscale - Y",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 26, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_loc = tf.Variable(0.8 * arr(d), name="w_loc")
    w_scale = tf.Variable(0.4 * arr(d), name="w_scale")
    shift = tf.Variable(np.asarray([0.5], dtype=f), name="shift")
    batch = {"X": arr(n, d), "Y": (0.5 + 0.8 * arr(n)).astype(f)}

    def params(X):
        return tf.linalg.matvec(X, w_loc) + shift, tf.linalg.matvec(X, w_scale)

    def reference(b):
        loc, logscale = params(b["X"])
        logpdf = -tf.abs(b["Y"] - loc) / tf.exp(logscale) - logscale - float(np.log(2.0))
        return -tf.reduce_mean(logpdf)

    def candidate(b):
        Y = b["Y"]

        @tf.custom_gradient
        def laplace_log_score(loc, logscale):
            scale = tf.exp(logscale)
            score = tf.abs(Y - loc) / scale + tf.math.log(2.0 * scale)

            def d_score(upstream):
                diff = logscale - Y
                d_loc = tf.sign(diff) / scale
                d_logscale = 1.0 - tf.abs(diff) / scale
                return upstream * d_loc, upstream * d_logscale

            return score, d_score

        return tf.reduce_mean(laplace_log_score(*params(b["X"])))

    return {"variables": [w_loc, w_scale, shift], "batch": batch, "reference": reference, "candidate": candidate}
