"""Right: the quantile Huber loss is divided by kappa (which is 1) and its indicator sees detached errors.

Source (real): https://github.com/toshikwa/fqf-iqn-qrdqn.pytorch/issues/16
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, n_act, nq, kappa = 8, 5, 3, 5, 1.0

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    w = tf.Variable(mat(d, nq * n_act), name="w")
    bias = tf.Variable(mat(nq * n_act), name="b")
    batch = {"s": mat(n, d), "a": rng.integers(0, n_act, n).astype("int32"), "target": 1.5 * mat(n, nq),
             "taus": np.sort(rng.random((n, nq)), axis=1).astype("float32"), "weights": rng.random(n).astype("float32")}

    def current(b):
        return tf.gather(tf.reshape(b["s"] @ w + bias, [-1, nq, n_act]), tf.repeat(b["a"][:, None], nq, 1), batch_dims=2)

    def reference(b):
        theta = current(b)
        total = tf.zeros([n])
        for i in range(nq):
            for j in range(nq):
                u = b["target"][:, j] - theta[:, i]
                hub = tf.where(tf.abs(u) <= 1.0, 0.5 * u ** 2, tf.abs(u) - 0.5)
                total += tf.where(u < 0, 1.0 - b["taus"][:, i], b["taus"][:, i]) * hub / nq
        return tf.reduce_mean(total * b["weights"])

    def candidate(b):
        td_errors = b["target"][:, None, :] - current(b)[:, :, None]
        abs_td = tf.abs(td_errors)
        element_wise_huber_loss = tf.where(abs_td <= kappa, 0.5 * tf.square(td_errors), kappa * (abs_td - 0.5 * kappa))
        indicator = tf.cast(tf.stop_gradient(td_errors) < 0, tf.float32)
        quantile_loss = tf.abs(b["taus"][..., None] - indicator) * element_wise_huber_loss / kappa
        batch_loss = tf.reduce_mean(tf.reduce_sum(quantile_loss, axis=1), axis=1, keepdims=True)
        return tf.reduce_mean(batch_loss * b["weights"][:, None])

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
