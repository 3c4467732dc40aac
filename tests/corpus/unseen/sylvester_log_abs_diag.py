"""Sylvester flow: log|h' * r1 * r2 + 1| looks like a slip for log(|h' * r1 * r2| + 1).

Source (real): https://github.com/riannevdberg/sylvester-flows/issues/8 (PyTorch, ported; the reporter: "a misunderstanding on my part, the code is correct").
Right answer: EQUIVALENT to the log-determinant of the full Jacobian, since the factors are triangular.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, z_size = 14, 5, 3

    enc = tf.Variable(0.5 * arr(d, z_size), name="enc_w")
    full_r1 = tf.Variable(0.6 * arr(z_size, z_size), name="full_r1")
    full_r2 = tf.Variable(0.6 * arr(z_size, z_size), name="full_r2")
    bias = tf.Variable(0.4 * arr(z_size), name="flow_b")
    batch = {"x": arr(n, d)}

    def triangular(raw):
        upper = tf.linalg.band_part(raw, 0, -1)
        return tf.linalg.set_diag(upper, tf.tanh(tf.linalg.diag_part(raw)))

    def reference(b):
        r1, r2 = triangular(full_r1), triangular(full_r2)
        total = 0.0
        for x in b["x"]:
            z0 = tf.linalg.matvec(enc, x, transpose_a=True)
            act = tf.tanh(tf.linalg.matvec(r2, z0) + bias)
            jac = tf.eye(z_size, dtype=x.dtype) + r1 @ tf.linalg.diag(1.0 - act**2) @ r2
            z1 = z0 + tf.linalg.matvec(r1, act)
            total += 0.5 * tf.reduce_sum(z1**2) - tf.linalg.slogdet(jac).log_abs_determinant
        return total / b["x"].shape[0]

    def candidate(b):
        class TriangularSylvester:
            def der_h(self, x):
                return 1 - tf.square(tf.tanh(x))

            def forward(self, zk, r1, r2):
                diag_r1, diag_r2 = tf.linalg.diag_part(r1), tf.linalg.diag_part(r2)
                r2_z = tf.matmul(zk, r2, transpose_b=True) + bias
                z = tf.matmul(tf.tanh(r2_z), r1, transpose_b=True) + zk
                diag_j = diag_r1 * diag_r2
                diag_j = self.der_h(r2_z) * diag_j
                diag_j += 1.0
                log_diag_j = tf.math.log(tf.abs(diag_j))
                return z, tf.reduce_sum(log_diag_j, axis=-1)

        zk, ldj = TriangularSylvester().forward(b["x"] @ enc, triangular(full_r1), triangular(full_r2))
        return tf.reduce_mean(0.5 * tf.reduce_sum(tf.square(zk), axis=1) - ldj)

    return {"variables": [enc, full_r1, full_r2, bias], "batch": batch, "reference": reference, "candidate": candidate}
