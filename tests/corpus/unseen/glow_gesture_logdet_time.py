"""Gesture flow (Glow over time): the log-determinant of the coupling is only log(scale) summed over channels and time; should it not be multiplied by T?

Source (real): https://github.com/simonalexanderson/StyleGestures/issues/33 (PyTorch, ported; the reporter: "Sorry, it was a misunderstanding").
Right answer: EQUIVALENT; the sum over the time axis already counts every time step.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, channels, T, cond_dim = 14, 4, 6, 3
    half = channels // 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    net_w = tf.Variable(0.4 * arr(half + cond_dim, channels), name="coupling_w")
    net_b = tf.Variable(0.2 * arr(channels), name="coupling_b")
    log_s = tf.Variable(0.2 * arr(channels), name="actnorm_logs")
    batch = {"x": arr(n, channels, T), "cond": arr(n, cond_dim, T)}

    def reference(b):
        # likelihood of one frame after the other, each with a (channels x channels) Jacobian
        nll = 0.0
        for t in range(T):
            y = b["x"][:, :, t] * tf.exp(log_s)
            h = tf.concat([y[:, :half], b["cond"][:, :, t]], 1) @ net_w + net_b
            shift, raw = h[:, 0::2], h[:, 1::2]
            moved = (y[:, half:] + shift) * tf.sigmoid(raw + 2.0)
            jac = tf.reduce_sum(log_s) - tf.reduce_sum(tf.nn.softplus(-raw - 2.0), 1)
            z = tf.concat([y[:, :half], moved], 1)
            nll += 0.5 * tf.reduce_sum(z * z, 1) + 0.5 * channels * np.log(2.0 * np.pi) - jac
        return tf.reduce_mean(nll) / (np.log(2.0) * T)

    def candidate(b):
        def split_feature(tensor, kind):
            c = tensor.shape[1]
            if kind == "split":
                return tensor[:, : c // 2], tensor[:, c // 2 :]
            return tensor[:, 0::2], tensor[:, 1::2]

        def normal_flow(x, cond, logdet):
            z = x * tf.exp(log_s)[None, :, None]
            logdet += tf.reduce_sum(log_s) * x.shape[2]
            z1, z2 = split_feature(z, "split")
            h = tf.einsum("nit,io->not", tf.concat([z1, cond], axis=1), net_w) + net_b[None, :, None]
            shift, scale = split_feature(h, "cross")
            scale = tf.sigmoid(scale + 2.0)
            z2 = z2 + shift
            z2 = z2 * scale
            logdet = tf.reduce_sum(tf.math.log(scale), axis=[1, 2]) + logdet
            return tf.concat([z1, z2], axis=1), logdet

        z, logdet = normal_flow(b["x"], b["cond"], tf.zeros(b["x"].shape[0], b["x"].dtype))
        log_likelihood = tf.reduce_sum(-0.5 * (tf.square(z) + np.log(2.0 * np.pi)), axis=[1, 2])
        objective = logdet + log_likelihood
        return tf.reduce_mean(-objective / (np.log(2.0) * z.shape[2]))

    return {"variables": [net_w, net_b, log_s], "batch": batch, "reference": reference, "candidate": candidate}
