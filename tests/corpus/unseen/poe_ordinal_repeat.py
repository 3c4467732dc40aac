"""Probabilistic ordinal embedding: targets are tiled over the samples; suspected to need an element-wise repeat.

Source (real): https://github.com/Li-Wanhua/POEs/issues/4 (PyTorch, ported; the first axis is the sampling axis).
Right answer: EQUIVALENT; the logits are (samples, batch), so tiling is the matching order.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim, max_t, beta = 16, 5, 4, 3, 1e-2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb_w = tf.Variable(0.5 * arr(d, dim), name="emb")
    var_w = tf.Variable(0.3 * arr(d, dim), name="log_var")
    final = tf.Variable(0.7 * arr(dim, 1), name="final")
    batch = {"x": arr(n, d), "target": (3.0 * rng.random(n)).astype(f), "noise": arr(n, max_t, dim)}

    def reference(b):
        m = b["x"].shape[0]
        mse, kl = 0.0, 0.0
        for i in range(m):
            mu = tf.linalg.matvec(emb_w, b["x"][i], transpose_a=True)
            log_var = tf.linalg.matvec(var_w, b["x"][i], transpose_a=True)
            for s in range(max_t):
                z = mu + tf.exp(0.5 * log_var) * b["noise"][i, s]
                mse += (tf.reduce_sum(z * final[:, 0]) - b["target"][i]) ** 2 / (m * max_t)
            kl += 0.5 * tf.reduce_mean(tf.exp(log_var) + mu ** 2 - 1.0 - log_var) / m
        return mse + beta * kl

    def candidate(b):
        emb, log_var = tf.matmul(b["x"], emb_w), tf.matmul(b["x"], var_w)
        sqrt_var = tf.exp(log_var * 0.5)
        samples = emb[None] + sqrt_var[None] * tf.transpose(b["noise"], [1, 0, 2])
        logit = tf.einsum("sbd,do->sbo", samples, final)
        sample_size = logit.shape[0]
        pred = tf.reshape(logit, [-1])
        target = tf.tile(b["target"], [sample_size])
        reg_loss = tf.reduce_mean(keras.losses.mean_squared_error(target[:, None], pred[:, None]))
        kl_loss = tf.reduce_mean(-0.5 * (1 + log_var - emb ** 2 - tf.exp(log_var)), axis=1)
        return reg_loss + beta * tf.reduce_mean(kl_loss)

    return {"variables": [emb_w, var_w, final], "batch": batch, "reference": reference, "candidate": candidate}
