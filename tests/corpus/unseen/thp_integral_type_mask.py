"""Hawkes log-likelihood: the compensator integrates only the intensity of the type that occurred, not of all types.

Source (real): https://github.com/SimiaoZuo/Transformer-Hawkes-Process/issues/14 (PyTorch, ported: compute_integral_unbiased).
Right answer: NOT equivalent; the other types' intensities are never pushed down.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'temp_hid = tf.reduce_sum(temp_hid * type_mask, axis=2, keepdims=True)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, d, types, samples = 20, 5, 4, 3, 6

    w = tf.Variable(0.7 * arr(d, types), name="linear")
    alpha = tf.Variable(np.array(-0.3, f), name="alpha")
    batch = {
        "data": arr(n, length, d),
        "dt": rng.exponential(0.7, (n, length)).astype(f),
        "type": rng.integers(0, types, (n, length)),
        "u": rng.random((n, length, samples)).astype(f),
    }

    def reference(b):
        hid = b["data"] @ w
        when = b["dt"][..., None] * b["u"]
        at_event = tf.nn.softplus(hid + alpha * b["dt"][..., None])
        ll = tf.reduce_sum(tf.math.log(tf.gather(at_event, b["type"], batch_dims=2)))
        for k in range(types):
            lam = tf.nn.softplus(hid[:, :, k, None] + alpha * when)
            ll -= tf.reduce_sum(tf.reduce_mean(lam, axis=2) * b["dt"])
        return -ll / b["data"].shape[0]

    def candidate(b):
        type_mask = tf.one_hot(b["type"], types, dtype=b["data"].dtype)

        def log_likelihood():
            all_lambda = tf.nn.softplus(b["data"] @ w + alpha * b["dt"][..., None])
            return tf.math.log(tf.reduce_sum(all_lambda * type_mask, axis=2))

        def compute_integral_unbiased():
            diff_time = b["dt"]
            temp_time = diff_time[..., None] * b["u"]
            temp_hid = b["data"] @ w
            temp_hid = tf.reduce_sum(temp_hid * type_mask, axis=2, keepdims=True)
            all_lambda = tf.nn.softplus(temp_hid[..., None] + alpha * temp_time[:, :, None, :])
            all_lambda = tf.reduce_sum(all_lambda, axis=[2, 3]) / samples
            return all_lambda * diff_time

        event_ll = tf.reduce_sum(log_likelihood(), axis=-1)
        non_event_ll = tf.reduce_sum(compute_integral_unbiased(), axis=-1)
        return -tf.reduce_mean(event_ll - non_event_ll)

    return {"variables": [w, alpha], "batch": batch, "reference": reference, "candidate": candidate}
