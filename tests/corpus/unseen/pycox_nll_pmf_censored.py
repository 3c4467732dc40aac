"""Discrete-time survival likelihood of pycox: total - cumsum[idx] for censored subjects was suspected to be off by one bin.

Source (real): https://github.com/havakv/pycox/pull/143 (nll_pmf, PyTorch, ported; the author of the change withdraws it).
Right answer: EQUIVALENT. The cumulative sum includes the bin of the censoring, so the rest is the probability of all later bins,
the padded last one among them.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, bins = 29, 5, 6
    epsilon = 1e-7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.5 * arr(d, bins), name="net_w")
    bias = tf.Variable(0.3 * arr(bins), name="net_b")
    batch = {
        "x": arr(n, d),
        "idx_durations": rng.integers(0, bins, n),
        "events": (rng.random(n) < 0.6).astype(f),
    }

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for x, k, event in zip(tf.unstack(b["x"]), b["idx_durations"].numpy(), b["events"].numpy()):
            logits = tf.concat([tf.linalg.matvec(w, x, transpose_a=True) + bias, tf.zeros(1, dtype=x.dtype)], 0)
            top = tf.reduce_max(logits)
            if event:
                total -= logits[k] - top - tf.math.log(tf.reduce_sum(tf.exp(logits - top)) + epsilon)
            else:
                survivors = tf.reduce_sum(tf.exp(logits[k + 1 :] - top)) + epsilon
                everyone = tf.reduce_sum(tf.exp(logits - top)) + epsilon
                total -= tf.math.log(survivors) - tf.math.log(everyone)
        return total / m

    def candidate(b):
        def pad_col(phi):
            return tf.concat([phi, tf.zeros_like(phi[:, :1])], axis=1)

        phi = pad_col(b["x"] @ w + bias)
        idx_durations, events = b["idx_durations"][:, None], b["events"]
        gamma = tf.reduce_max(phi, axis=1)
        cumsum = tf.cumsum(tf.exp(phi - gamma[:, None]), axis=1)
        sum_ = cumsum[:, -1]
        part1 = (tf.gather(phi, idx_durations, batch_dims=1)[:, 0] - gamma) * events
        part2 = -tf.math.log(tf.nn.relu(sum_) + epsilon)
        rest = tf.nn.relu(sum_ - tf.gather(cumsum, idx_durations, batch_dims=1)[:, 0])
        part3 = tf.math.log(rest + epsilon) * (1.0 - events)
        return tf.reduce_mean(-(part1 + part2 + part3))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
