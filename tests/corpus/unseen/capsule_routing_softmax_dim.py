"""Dynamic routing: coupling coefficients have to sum to one over the digit capsules, but the softmax runs over the input capsules.
Source: https://github.com/jindongwang/Pytorch-CapsuleNet/issues/8"""
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
    n, num_routes, num_capsules, d_in, d_out, iters = 12, 7, 4, 2, 3, 3
    W = tf.Variable(rng.normal(size=(num_routes, num_capsules, d_out, d_in)) * 0.6, dtype=f, name="W")
    label = rng.integers(0, num_capsules, size=n)
    batch = {
        "u": rng.normal(size=(n, num_routes, d_in)).astype(f),
        "target": np.eye(num_capsules)[label].astype(f),
    }

    def margin(lengths, t):
        hit = t * tf.maximum(0.9 - lengths, 0.0) ** 2
        miss = 0.5 * (1 - t) * tf.maximum(lengths - 0.1, 0.0) ** 2
        return tf.reduce_mean(tf.reduce_sum(hit + miss, axis=1))

    def reference(batch):
        votes = tf.einsum("rcoi,nri->nrco", W, batch["u"])
        b = tf.zeros((num_routes, num_capsules), f)
        for it in range(iters):
            c = tf.exp(b) / tf.reduce_sum(tf.exp(b), axis=-1, keepdims=True)
            s = tf.einsum("rc,nrco->nco", c, votes)
            sq = tf.reduce_sum(s * s, -1, keepdims=True)
            v = s * tf.sqrt(sq) / (1.0 + sq)
            b = b + tf.reduce_mean(tf.einsum("nrco,nco->nrc", votes, v), axis=0)
        return margin(tf.norm(v, axis=-1), batch["target"])

    def candidate(batch):
        class DigitCaps:
            def squash(self, s):
                squared_norm = tf.reduce_sum(s ** 2, axis=-2, keepdims=True)
                return squared_norm * s / ((1.0 + squared_norm) * tf.sqrt(squared_norm))

            def forward(self, x):
                x = tf.stack([x] * num_capsules, axis=2)[..., None]
                u_hat = tf.matmul(tf.tile(W[None], (n, 1, 1, 1, 1)), x)
                b_ij = tf.zeros((1, num_routes, num_capsules, 1), f)
                for iteration in range(iters):
                    c_ij = tf.nn.softmax(b_ij, axis=1)
                    c_ij = tf.concat([c_ij] * n, axis=0)[..., None]
                    s_j = tf.reduce_sum(c_ij * u_hat, axis=1, keepdims=True)
                    v_j = self.squash(s_j)
                    if iteration < iters - 1:
                        a_ij = tf.matmul(u_hat, tf.concat([v_j] * num_routes, axis=1), transpose_a=True)
                        b_ij = b_ij + tf.reduce_mean(tf.squeeze(a_ij, 4), axis=0, keepdims=True)
                return tf.squeeze(v_j, axis=1)

        v_c = tf.sqrt(tf.reduce_sum(DigitCaps().forward(batch["u"]) ** 2, axis=[2, 3]))
        return margin(v_c, batch["target"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [W]}
