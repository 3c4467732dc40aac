"""Normalizing flow trained by reverse KL: forward_and_log_det subtracts the log determinants of its flows.

Source (real): https://github.com/VincentStimper/normalizing-flows/issues/27 (PyTorch, ported; fixed in pull 28).
Right answer: NOT equivalent; the flow is rewarded for shrinking volumes.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "log_det -= log_d",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, half, depth = 19, 2, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    scale = [tf.Variable(0.4 * arr(half, half), name=f"scale_{i}") for i in range(depth)]
    shift = [tf.Variable(0.4 * arr(half, half), name=f"shift_{i}") for i in range(depth)]
    batch = {"z": arr(n, 2 * half)}

    def target_log_prob(x):
        ring = tf.norm(x[:, :2], axis=-1) - 1.5
        return -0.5 * tf.square(ring) / 0.3 - 0.5 * tf.reduce_sum(tf.square(x[:, 2:] - 0.5), axis=-1)

    def reference(b):
        m = b["z"].shape[0]
        with tf.GradientTape() as tape:
            tape.watch(b["z"])
            x1, x2 = b["z"][:, :half], b["z"][:, half:]
            for s, t in zip(scale, shift):
                x1, x2 = x2 * tf.exp(tf.tanh(x1 @ s)) + x1 @ t, x1
            x = tf.concat([x1, x2], axis=-1)
        jacobian = tape.batch_jacobian(x, b["z"])
        log_q0 = -0.5 * tf.reduce_sum(tf.square(b["z"]), axis=-1) - half * np.log(2 * np.pi)
        log_q = log_q0 - tf.math.log(tf.abs(tf.linalg.det(jacobian)))
        return tf.reduce_sum(log_q - target_log_prob(x)) / m

    def candidate(b):
        class AffineCoupling:
            def __init__(self, s, t):
                self.s, self.t = s, t

            def forward(self, z):
                z1, z2 = tf.split(z, 2, axis=-1)
                s = tf.tanh(z1 @ self.s)
                return tf.concat([z2 * tf.exp(s) + z1 @ self.t, z1], axis=-1), tf.reduce_sum(s, axis=-1)

        class NormalizingFlow:
            def __init__(self, flows):
                self.flows = flows

            def forward_and_log_det(self, z):
                log_det = tf.zeros(len(z), z.dtype)
                for flow in self.flows:
                    z, log_d = flow.forward(z)
                    log_det -= log_d
                return z, log_det

        nfm = NormalizingFlow([AffineCoupling(s, t) for s, t in zip(scale, shift)])
        log_q0 = -0.5 * tf.reduce_sum(tf.square(b["z"]) + np.log(2 * np.pi), axis=-1)
        x, log_det = nfm.forward_and_log_det(b["z"])
        return tf.reduce_mean(log_q0 - log_det) - tf.reduce_mean(target_log_prob(x))

    return {"variables": scale + shift, "batch": batch, "reference": reference, "candidate": candidate}
