"""Kalman filter: the time-varying transition covariance is overwritten by its first entry and stays there.

Source (real): https://github.com/pykalman/pykalman/pull/166 (NumPy, ported; reported in 2015 as issue 44: _last_dims is applied to
its own result, which from the second step on is already a single matrix).
Right answer: NOT equivalent; the later covariances get no gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "transition_covariance = last_dims(transition_covariance, t - 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, dim = 13, 5, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    A = tf.Variable((0.7 * np.eye(dim)).astype(f) + 0.2 * arr(dim, dim), name="transition_matrix")
    log_q = tf.Variable(0.6 * arr(steps - 1, dim), name="log_q")
    C = tf.constant(np.asarray([[1.0, 0.4]], dtype=f))
    r = 0.5
    batch = {"y": (1.5 * arr(n, steps)).astype(f)}

    def reference(b):
        # joint covariance of the whole series instead of a recursion
        eye = tf.eye(dim, dtype=b["y"].dtype)
        P = [[None] * steps for _ in range(steps)]
        P[0][0] = eye
        for t in range(1, steps):
            for s in range(t):
                P[t][s] = A @ P[t - 1][s]
                P[s][t] = tf.transpose(P[t][s])
            P[t][t] = A @ P[t - 1][t - 1] @ tf.transpose(A) + tf.linalg.diag(tf.exp(log_q[t - 1]))
        rows = [tf.stack([(C @ P[t][s] @ tf.transpose(C))[0, 0] for s in range(steps)]) for t in range(steps)]
        S = tf.stack(rows) + r * tf.eye(steps, dtype=b["y"].dtype)
        L = tf.linalg.cholesky(S)
        z = tf.linalg.triangular_solve(L, tf.transpose(b["y"]))
        logdet = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(L)))
        return 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(z), axis=0)) + 0.5 * logdet

    def candidate(b):
        def last_dims(X, t):
            return X[t] if len(X.shape) == 3 else X

        def log_likelihood(observations, transition_matrix, transition_covariance):
            mean = tf.zeros([observations.shape[0], dim], observations.dtype)
            cov = tf.eye(dim, dtype=observations.dtype)
            nll = 0.0
            for t in range(observations.shape[1]):
                if t > 0:
                    transition_covariance = last_dims(transition_covariance, t - 1)
                    mean = mean @ tf.transpose(transition_matrix)
                    cov = transition_matrix @ cov @ tf.transpose(transition_matrix) + transition_covariance
                innovation = observations[:, t] - (mean @ tf.transpose(C))[:, 0]
                s = (C @ cov @ tf.transpose(C))[0, 0] + r
                gain = (cov @ tf.transpose(C))[:, 0] / s
                nll += 0.5 * (tf.reduce_mean(tf.square(innovation)) / s + tf.math.log(s))
                mean = mean + innovation[:, None] * gain[None]
                cov = cov - gain[:, None] * (C @ cov)
            return nll

        return log_likelihood(b["y"], A, tf.linalg.diag(tf.exp(log_q)))

    return {"variables": [A, log_q], "batch": batch, "reference": reference, "candidate": candidate}
