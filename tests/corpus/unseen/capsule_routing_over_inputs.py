"""Dynamic routing: the coupling coefficients are normalised over the input capsules; each input capsule should share itself out among the output capsules.
Source: https://github.com/timomernick/pytorch-capsule/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "c_ij = tf.nn.softmax(b_ij, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, n_in, d_in, n_out, d_out = 13, 6, 3, 4, 5
    u = rng.standard_normal((n, n_in, d_in)).astype(f)
    y = np.eye(n_out)[rng.integers(0, n_out, n)].astype(f)
    W = tf.Variable(rng.standard_normal((n_in, n_out, d_in, d_out)) * 0.5, dtype=f, name="W")
    iterations = 3

    def margin(lengths, onehot):
        present = onehot * tf.nn.relu(0.9 - lengths) ** 2
        absent = 0.5 * (1.0 - onehot) * tf.nn.relu(lengths - 0.1) ** 2
        return tf.reduce_mean(tf.reduce_sum(present + absent, axis=1))

    def reference(batch):
        votes = tf.einsum("nid,ijde->nije", batch["u"], W)
        logits = tf.zeros((n, n_in, n_out), dtype=f)
        for it in range(iterations):
            share = tf.nn.softmax(logits, axis=2)
            s = tf.einsum("nij,nije->nje", share, votes)
            sq = tf.reduce_sum(s * s, axis=-1, keepdims=True)
            v = sq / (1.0 + sq) * s * tf.math.rsqrt(sq + 1e-9)
            logits = logits + tf.einsum("nije,nje->nij", votes, v)
        return margin(tf.sqrt(tf.reduce_sum(v * v, axis=-1) + 1e-12), batch["y"])

    def candidate(batch):
        class CapsuleLayer:
            @staticmethod
            def squash(s):
                mag_sq = tf.reduce_sum(s ** 2, axis=3, keepdims=True)
                mag = tf.sqrt(mag_sq + 1e-9)
                return (mag_sq / (1.0 + mag_sq)) * (s / mag)

            def routing(self, x):
                # (batch, features, num_units, in_units) -> (batch, features, num_units, unit_size)
                x = tf.stack([x] * n_out, axis=2)
                u_hat = tf.squeeze(tf.matmul(x[..., None, :], W[None]), axis=3)
                b_ij = tf.zeros((x.shape[0], n_in, n_out, 1), dtype=f)
                for _ in range(iterations):
                    c_ij = tf.nn.softmax(b_ij, axis=1)
                    s_j = tf.reduce_sum(c_ij * u_hat, axis=1, keepdims=True)
                    v_j = self.squash(s_j)
                    b_ij = b_ij + tf.reduce_sum(u_hat * v_j, axis=3, keepdims=True)
                return tf.squeeze(v_j, axis=1)

        out = CapsuleLayer().routing(batch["u"])
        return margin(tf.sqrt(tf.reduce_sum(out ** 2, axis=2) + 1e-12), batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": {"u": u, "y": y}, "variables": [W]}
