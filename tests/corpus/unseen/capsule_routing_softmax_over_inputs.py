"""Capsule network: the softmax of the routing logits runs over the input capsules instead of the output capsules.

Source (real): https://github.com/higgsfield/Capsule-Network-Tutorial/issues/7 (PyTorch, F.softmax without dim, ported).
Right answer: NOT equivalent: the coupling coefficients of one input capsule have to sum to one over the capsules above it.
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


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, num_routes, in_channels, num_capsules, out_channels, num_iterations = 14, 6, 4, 3, 5, 3

    W = tf.Variable((0.9 * rng.standard_normal((num_routes, num_capsules, out_channels, in_channels))).astype(f), name="W")
    pre = tf.Variable((0.8 * rng.standard_normal((in_channels, in_channels))).astype(f), name="primary")
    batch = {
        "x": rng.standard_normal((n, num_routes, in_channels)).astype(f),
        "label": rng.integers(0, num_capsules, n),
    }

    def squash(s, axis):
        squared_norm = tf.reduce_sum(tf.square(s), axis, keepdims=True)
        return squared_norm * s / ((1.0 + squared_norm) * tf.sqrt(squared_norm))

    def margin_loss(v_c, label):
        t = tf.one_hot(label, num_capsules, dtype=v_c.dtype)
        each = t * tf.square(tf.nn.relu(0.9 - v_c)) + 0.5 * (1.0 - t) * tf.square(tf.nn.relu(v_c - 0.1))
        return tf.reduce_mean(tf.reduce_sum(each, 1))

    def reference(b):
        # Sabour et al., procedure 1 (with the agreement averaged over the batch)
        u = tf.einsum("rjoi,bri->brjo", W, tf.tanh(b["x"] @ pre))
        logits = [tf.zeros([num_capsules], f) for _ in range(num_routes)]
        for it in range(num_iterations):
            coupling = [tf.exp(l) / tf.reduce_sum(tf.exp(l)) for l in logits]
            s = tf.add_n([coupling[r][None, :, None] * u[:, r] for r in range(num_routes)])
            v = squash(s, -1)
            if it + 1 < num_iterations:
                logits = [l + tf.reduce_mean(tf.reduce_sum(u[:, r] * v, -1), 0) for r, l in enumerate(logits)]
        return margin_loss(tf.norm(v, axis=-1), b["label"])

    def candidate(b):
        x = tf.tanh(tf.matmul(b["x"], pre))[:, :, None, :, None]
        u_hat = tf.matmul(W[None], tf.tile(x, [1, 1, num_capsules, 1, 1]))
        b_ij = tf.zeros([1, num_routes, num_capsules, 1], u_hat.dtype)
        for iteration in range(num_iterations):
            c_ij = tf.nn.softmax(b_ij, axis=1)
            s_j = tf.reduce_sum(c_ij[..., None] * u_hat, axis=1, keepdims=True)
            v_j = squash(s_j, 3)
            if iteration < num_iterations - 1:
                a_ij = tf.matmul(u_hat, tf.tile(v_j, [1, num_routes, 1, 1, 1]), transpose_a=True)
                b_ij = b_ij + tf.reduce_mean(tf.squeeze(a_ij, 4), axis=0, keepdims=True)
        v = tf.squeeze(v_j, [1, 4])
        v_c = tf.sqrt(tf.reduce_sum(v**2, axis=2))
        return margin_loss(v_c, b["label"])

    return {"variables": [pre, W], "batch": batch, "reference": reference, "candidate": candidate}
