"""Capsule routing: the coupling softmax runs over the input capsules, it must run over the output capsules.

Source (real): https://github.com/motokimura/capsnet_pytorch/pull/1 (PyTorch, ported; merged, the accuracy rose).
Right answer: NOT equivalent; the couplings of one input capsule no longer add up to one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "c_ij = tf.nn.softmax(b_ij, axis=1)",
    "same_forward_value": False,
}


class DigitCaps(keras.layers.Layer):
    def __init__(self, W):
        super().__init__()
        self.W = W

    def call(self, u):
        return tf.einsum("bic,ijcd->bijd", u, self.W)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, in_caps, out_caps, in_dim, out_dim, routing = 12, 6, 3, 4, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    W = tf.Variable(0.6 * arr(in_caps, out_caps, in_dim, out_dim), name="W")
    caps = DigitCaps(W)
    batch = {"u": arr(n, in_caps, in_dim), "label": np.eye(out_caps, dtype=f)[rng.integers(0, out_caps, n)]}

    def squash(s):
        sq = tf.reduce_sum(tf.square(s), -1, keepdims=True)
        return sq / (1.0 + sq) * s / tf.sqrt(sq + 1e-9)

    def margin_loss(v, label):
        length = tf.sqrt(tf.reduce_sum(tf.square(v), -1) + 1e-9)
        left = tf.square(tf.nn.relu(0.9 - length))
        right = tf.square(tf.nn.relu(length - 0.1))
        return tf.reduce_mean(tf.reduce_sum(label * left + 0.5 * (1.0 - label) * right, -1))

    def reference(b):
        outs = []
        for sample in tf.unstack(b["u"]):
            votes = [[tf.linalg.matvec(W[i, j], sample[i], transpose_a=True) for j in range(out_caps)]
                     for i in range(in_caps)]
            logit = [[0.0] * out_caps for _ in range(in_caps)]
            for it in range(routing):
                share = [tf.nn.softmax(tf.stack([tf.cast(x, f) for x in row])) for row in logit]
                v = [squash(tf.add_n([share[i][j] * votes[i][j] for i in range(in_caps)])) for j in range(out_caps)]
                if it < routing - 1:
                    logit = [[logit[i][j] + tf.reduce_sum(votes[i][j] * v[j]) for j in range(out_caps)]
                             for i in range(in_caps)]
            outs.append(tf.stack(v))
        return margin_loss(tf.stack(outs), b["label"])

    def candidate(b):
        u_hat = caps(b["u"])
        b_ij = tf.zeros_like(u_hat[..., :1])
        for it in range(routing):
            c_ij = tf.nn.softmax(b_ij, axis=1)
            s_j = tf.reduce_sum(c_ij * u_hat, axis=1, keepdims=True)
            v_j = squash(s_j)
            if it < routing - 1:
                b_ij = b_ij + tf.reduce_sum(u_hat * v_j, axis=-1, keepdims=True)
        return margin_loss(v_j[:, 0], b["label"])

    return {"variables": [W], "batch": batch, "reference": reference, "candidate": candidate}
