"""Proximal point optimal transport: the kernel of the next step divides by the previous plan instead of multiplying with it.

Source (real): https://github.com/PythonOT/POT/issues/842 (NumPy/PyTorch backend, ported).
Right answer: NOT equivalent; log T must enter the new log kernel with a plus.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "K_proj = -(C + inner_reg * log_T) / (reg + inner_reg)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, src, tgt, d, lat = 12, 4, 5, 3, 2
    inner_reg, outer, inner = 0.8, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d, lat), name="embed")
    shift = tf.Variable(0.4 * arr(lat), name="shift")
    batch = {"xs": arr(n, src, d), "xt": arr(n, tgt, lat)}

    def cost(b):
        z = tf.tanh(b["xs"] @ w) + shift
        return tf.reduce_mean(tf.square(z[:, :, None] - b["xt"][:, None]), -1)

    def reference(b):
        # Xie et al. 2020, Algorithm 1, one problem after the other
        costs = cost(b)
        losses = []
        for i in range(costs.shape[0]):
            gibbs = tf.exp(-costs[i] / inner_reg)
            plan = tf.ones_like(gibbs) / (src * tgt)
            for _ in range(outer):
                q = gibbs * plan
                right = tf.ones([tgt, 1], dtype=q.dtype)
                for _ in range(inner):
                    left = (1.0 / src) / (q @ right)
                    right = (1.0 / tgt) / tf.matmul(q, left, transpose_a=True)
                plan = left * q * tf.transpose(right)
            losses.append(tf.reduce_sum(plan * costs[i]))
        return tf.add_n(losses) / len(losses)

    def candidate(b, reg=0.0):
        C = cost(b)
        log_a = tf.fill([C.shape[0], src], tf.cast(-np.log(src), C.dtype))
        log_b = tf.fill([C.shape[0], tgt], tf.cast(-np.log(tgt), C.dtype))

        def bregman_log_projection(K):
            v = tf.zeros_like(log_b)
            for _ in range(inner):
                u = log_a - tf.reduce_logsumexp(K + v[:, None, :], axis=2)
                v = log_b - tf.reduce_logsumexp(K + u[:, :, None], axis=1)
            return K + u[:, :, None] + v[:, None, :]

        log_T = log_a[:, :, None] + log_b[:, None, :]
        for _ in range(outer):
            K_proj = -(C + inner_reg * log_T) / (reg + inner_reg)
            log_T = bregman_log_projection(K_proj)
        return tf.reduce_mean(tf.reduce_sum(tf.exp(log_T) * C, axis=[1, 2]))

    return {"variables": [w, shift], "batch": batch, "reference": reference, "candidate": candidate}
