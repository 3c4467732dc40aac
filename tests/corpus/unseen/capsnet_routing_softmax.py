"""CapsNet routing: coupling coefficients are normalised over the input capsules, not over the output capsules.
Source: https://github.com/cedrickchee/capsule-net-pytorch/issues/3"""
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
    fx = keras.config.floatx()
    n, n_in, d_in, n_out, d_out, iters = 3, 5, 3, 4, 4, 2
    W = tf.Variable((0.8 * rng.normal(size=(n_in, n_out, d_out, d_in))).astype(fx), name="route_w")

    def squash(s, axis):
        sq = tf.reduce_sum(s ** 2, axis=axis, keepdims=True)
        return sq / (1.0 + sq) * s / tf.sqrt(sq + 1e-8)

    def reference(batch):
        votes = tf.einsum("iokd,bid->biok", W, batch["u"])
        frozen = tf.stop_gradient(votes)
        logits = tf.zeros((n_in, n_out), votes.dtype)
        for it in range(iters):
            coupling = tf.nn.softmax(logits, axis=-1)
            used = votes if it == iters - 1 else frozen
            v = squash(tf.einsum("io,biok->bok", coupling, used), -1)
            if it < iters - 1:
                logits += tf.reduce_mean(tf.einsum("biok,bok->bio", frozen, v), axis=0)
        length = tf.sqrt(tf.reduce_sum(v ** 2, -1) + 1e-8)
        t = tf.one_hot(batch["y"], n_out, dtype=length.dtype)
        loss = t * tf.nn.relu(0.9 - length) ** 2 + 0.5 * (1 - t) * tf.nn.relu(length - 0.1) ** 2
        return tf.reduce_mean(tf.reduce_sum(loss, axis=1))

    def candidate(batch):
        x = tf.tile(batch["u"][:, :, None, :, None], (1, 1, n_out, 1, 1))
        u_hat = tf.matmul(tf.tile(W[None], (n, 1, 1, 1, 1)), x)
        u_hat_stopped = tf.stop_gradient(u_hat)
        b_ij = tf.zeros((1, n_in, n_out, 1, 1), u_hat.dtype)
        for r in range(iters):
            c_ij = tf.nn.softmax(b_ij, axis=1)
            if r == iters - 1:
                s_j = tf.reduce_sum(c_ij * u_hat, axis=1, keepdims=True)
                v_j = squash(s_j, axis=3)
            else:
                s_j = tf.reduce_sum(c_ij * u_hat_stopped, axis=1, keepdims=True)
                v_j = squash(s_j, axis=3)
                agreement = tf.reduce_sum(u_hat_stopped * v_j, axis=3, keepdims=True)
                b_ij = b_ij + tf.reduce_mean(agreement, axis=0, keepdims=True)
        v_len = tf.sqrt(tf.reduce_sum(tf.square(v_j[:, 0, :, :, 0]), axis=2) + 1e-8)
        target = tf.one_hot(batch["y"], n_out, dtype=v_len.dtype)
        m_plus = tf.square(tf.maximum(0.0, 0.9 - v_len))
        m_minus = tf.square(tf.maximum(0.0, v_len - 0.1))
        return tf.reduce_sum(target * m_plus + 0.5 * (1.0 - target) * m_minus) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"u": rng.normal(size=(n, n_in, d_in)).astype(fx),
                      "y": rng.integers(0, n_out, n).astype("int32")},
            "variables": [W]}
