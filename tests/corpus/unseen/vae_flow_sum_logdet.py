"""VAE with planar flows: the log-determinants of the batch are summed once more, so every sample gets the total of the batch.

Source (real): https://github.com/wohlert/semi-supervised-pytorch/issues/21 (PyTorch, ported: Python's sum() over a tensor of the batch).
Right answer: NOT equivalent; the flow's own term is the batch size times too heavy.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'qz = log_gaussian(z0, mu, log_var) - sum(log_det_z)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, z_dim, k = 19, 5, 2, 3

    enc = tf.Variable(0.4 * arr(d, 2 * z_dim), name="enc_w")
    flow_u = tf.Variable(0.3 * arr(k, z_dim), name="flow_u")
    flow_w = tf.Variable(0.5 * arr(k, z_dim), name="flow_w")
    flow_b = tf.Variable(0.3 * arr(k), name="flow_b")
    dec = tf.Variable(0.5 * arr(z_dim, d), name="dec_w")
    batch = {"x": arr(n, d), "eps": arr(n, z_dim)}

    def reference(b):
        m = b["x"].shape[0]
        elbo = 0.0
        for i in range(m):
            h = tf.linalg.matvec(enc, b["x"][i], transpose_a=True)
            mean, logv = h[:z_dim], h[z_dim:]
            zi = mean + tf.exp(0.5 * logv) * b["eps"][i]
            elbo += 0.5 * tf.reduce_sum(np.log(2 * np.pi) + logv + b["eps"][i] ** 2)
            for j in range(k):
                act = tf.tanh(tf.reduce_sum(flow_w[j] * zi) + flow_b[j])
                zi = zi + flow_u[j] * act
                elbo += tf.math.log(tf.abs(1.0 + (1.0 - act**2) * tf.reduce_sum(flow_u[j] * flow_w[j])))
            elbo -= 0.5 * tf.reduce_sum(np.log(2 * np.pi) + zi**2)
            elbo -= tf.reduce_sum((b["x"][i] - tf.linalg.matvec(dec, zi, transpose_a=True)) ** 2)
        return -elbo / m

    def candidate(b):
        def log_gaussian(x, mu, log_var):
            log_pdf = -0.5 * np.log(2 * np.pi) - log_var / 2 - (x - mu) ** 2 / (2 * tf.exp(log_var))
            return tf.reduce_sum(log_pdf, axis=-1)

        class NormalizingFlows:
            def __call__(self, z):
                log_det_jacobian = []
                for j in range(k):
                    f_z = tf.tanh(tf.linalg.matvec(z, flow_w[j]) + flow_b[j])[:, None]
                    psi = (1 - f_z**2) * flow_w[j]
                    log_det_jacobian.append(tf.math.log(tf.abs(1 + tf.linalg.matvec(psi, flow_u[j]))))
                    z = z + f_z * flow_u[j]
                return z, sum(log_det_jacobian)

        mu, log_var = tf.split(b["x"] @ enc, 2, axis=-1)
        z0 = mu + tf.exp(0.5 * log_var) * b["eps"]
        z, log_det_z = NormalizingFlows()(z0)
        qz = log_gaussian(z0, mu, log_var) - sum(log_det_z)
        pz = log_gaussian(z, tf.zeros_like(z), tf.zeros_like(z))
        recon = tf.reduce_sum(tf.square(b["x"] - z @ dec), axis=-1)
        return tf.reduce_mean(recon + qz - pz)

    return {"variables": [enc, flow_u, flow_w, flow_b, dec], "batch": batch, "reference": reference, "candidate": candidate}
