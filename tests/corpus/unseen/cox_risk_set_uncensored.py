"""Cox partial likelihood: the censored subjects are dropped before the risk sets are summed.

Source (real): https://github.com/jysonganan/DeepLearningSurvival/issues/1 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "at_risk = tf.cast(time[None, :] >= time[:, None], f) * tf.exp(theta)[None, :]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, h = 24, 4, 5
    w = tf.Variable(0.6 * arr(d, h), name="hidden")
    v = tf.Variable(0.6 * arr(h), name="risk")
    batch = {
        "x": arr(n, d),
        "time": rng.permutation(n).astype(f),
        "event": (np.arange(n) % 2 == 0).astype(f),
    }

    def score(b):
        return tf.linalg.matvec(tf.nn.elu(b["x"] @ w), v)

    def reference(b):
        s, t, e = score(b), b["time"].numpy(), b["event"].numpy()
        ll = 0.0
        for i in np.flatnonzero(e):
            alive = np.flatnonzero(t >= t[i])
            ll += s[i] - tf.reduce_logsumexp(tf.gather(s, alive))
        return -ll / e.sum()

    def candidate(b):
        keep_index = tf.where(b["event"] > 0)[:, 0]
        theta = tf.gather(score(b), keep_index)
        time = tf.gather(b["time"], keep_index)
        at_risk = tf.cast(time[None, :] >= time[:, None], f) * tf.exp(theta)[None, :]
        log_parlik = theta - tf.math.log(tf.reduce_sum(at_risk, axis=1))
        return -tf.reduce_mean(log_parlik)

    return {"variables": [w, v], "batch": batch, "reference": reference, "candidate": candidate}
