"""Empirical Sinkhorn divergence as a loss: the samples are converted to NumPy on entry, so nothing is left to differentiate.

Source (real): https://github.com/PythonOT/POT/issues/393 (PyTorch, ported; the maintainer: it goes to numpy and back).
Right answer: NOT equivalent; the value is right and the gradient is None.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "X_s, X_t = np.asarray(X_s), np.asarray(X_t)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, lat, reg, steps = 14, 4, 3, 1.0, 15

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, lat), name="generator")
    bias = tf.Variable(0.5 * arr(lat), name="generator_bias")
    batch = {"noise": arr(n, d), "target": arr(n, lat) + np.asarray(0.5, f)}

    def sinkhorn2(M):
        rows, cols = M.shape
        K = tf.exp(-M / reg)
        v = tf.ones([cols, 1], dtype=K.dtype) / cols
        for _ in range(steps):
            u = (1.0 / rows) / (K @ v)
            v = (1.0 / cols) / tf.matmul(K, u, transpose_a=True)
        return tf.reduce_sum(u * K * tf.transpose(v) * M)

    def reference(b):
        fake = tf.nn.elu(b["noise"] @ w) + bias

        def cost(p, q):
            sq_p, sq_q = tf.reduce_sum(p * p, 1), tf.reduce_sum(q * q, 1)
            return sq_p[:, None] + sq_q[None] - 2.0 * tf.matmul(p, q, transpose_b=True)

        pairs = [(fake, b["target"], 1.0), (fake, fake, -0.5), (b["target"], b["target"], -0.5)]
        return tf.add_n([coef * sinkhorn2(cost(p, q)) for p, q, coef in pairs])

    def candidate(b):
        def empirical_sinkhorn_divergence(X_s, X_t):
            X_s, X_t = np.asarray(X_s), np.asarray(X_t)

            def dist(a, c):
                return tf.reduce_sum(tf.square(tf.expand_dims(a, 1) - tf.expand_dims(c, 0)), axis=-1)

            sinkhorn_loss_ab = sinkhorn2(dist(X_s, X_t))
            sinkhorn_loss_a = sinkhorn2(dist(X_s, X_s))
            sinkhorn_loss_b = sinkhorn2(dist(X_t, X_t))
            return sinkhorn_loss_ab - 0.5 * (sinkhorn_loss_a + sinkhorn_loss_b)

        source = tf.nn.elu(b["noise"] @ w) + bias
        return empirical_sinkhorn_divergence(source, b["target"])

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
