"""DRAW: the KL term of each step subtracts T / 2, where the sum over z_size entries should subtract z_size / 2.

Source (real): https://github.com/ericjang/draw/pull/6 and issues/2 (TensorFlow 1; reported as a bug that makes the KL term wrong).
Right answer: EQUIVALENT as to the gradient: the values differ by a constant only.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pixels, hid, z_size, T = 16, 7, 6, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.4 * arr(2 * pixels + hid, hid), name="enc")
    mu_w = tf.Variable(0.5 * arr(hid, z_size), name="mu_w")
    sigma_w = tf.Variable(0.3 * arr(hid, z_size), name="sigma_w")
    write = tf.Variable(0.5 * arr(z_size, pixels), name="write")
    batch = {"x": (rng.random((n, pixels)) < 0.5).astype(f), "e": arr(n, T, z_size)}

    def reference(b):
        total = 0.0
        for x, noise in zip(b["x"], b["e"]):
            canvas, h = tf.zeros_like(x), tf.zeros([hid], dtype=x.dtype)
            for t in range(T):
                h = tf.tanh(tf.linalg.matvec(enc, tf.concat([x, x - tf.sigmoid(canvas), h], 0), transpose_a=True))
                mu = tf.linalg.matvec(mu_w, h, transpose_a=True)
                log_var = 2 * tf.linalg.matvec(sigma_w, h, transpose_a=True)
                total += -0.5 * tf.reduce_sum(1 + log_var - mu**2 - tf.exp(log_var))
                canvas += tf.linalg.matvec(write, mu + tf.exp(0.5 * log_var) * noise[t], transpose_a=True)
            total += tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=canvas))
        return total / b["x"].shape[0]

    def candidate(b):
        x, m = b["x"], b["x"].shape[0]
        cs = [0] * T
        mus, logsigmas, sigmas = [0] * T, [0] * T, [0] * T
        h_enc = tf.zeros([m, hid], dtype=x.dtype)
        for t in range(T):
            c_prev = tf.zeros([m, pixels], dtype=x.dtype) if t == 0 else cs[t - 1]
            x_hat = x - tf.sigmoid(c_prev)
            h_enc = tf.tanh(tf.concat([x, x_hat, h_enc], 1) @ enc)
            mus[t], logsigmas[t] = h_enc @ mu_w, h_enc @ sigma_w
            sigmas[t] = tf.exp(logsigmas[t])
            z = mus[t] + sigmas[t] * b["e"][:, t]
            cs[t] = c_prev + z @ write
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=cs[-1])
        Lx = tf.reduce_mean(tf.reduce_sum(ce, 1))
        kl_terms = [0] * T
        for t in range(T):
            mu2 = tf.square(mus[t])
            sigma2 = tf.square(sigmas[t])
            logsigma = logsigmas[t]
            kl_terms[t] = 0.5 * tf.reduce_sum(mu2 + sigma2 - 2 * logsigma, 1) - T * 0.5
        Lz = tf.reduce_mean(tf.add_n(kl_terms))
        return Lx + Lz

    return {"variables": [enc, mu_w, sigma_w, write], "batch": batch, "reference": reference, "candidate": candidate}
