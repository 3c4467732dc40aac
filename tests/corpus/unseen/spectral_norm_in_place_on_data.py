"""Spectral normalisation: the weight is divided by sigma outside the graph (weight.data /= sigma), so sigma has no gradient and no factor 1/sigma.

Source (real): https://github.com/pytorch/pytorch/pull/6929 (PyTorch, first version of torch.nn.utils.spectral_norm, ported; a reviewer asks
"Why is it made non differentiable?"; it was mended before the release).
Right answer: NOT equivalent, though the forward value is the same: d(W / sigma)/dW is not the identity.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "weight = weight + tf.stop_gradient(weight / sigma - weight)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 27, 6, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.9 * arr(hid, d), name="weight_orig")
    head = tf.Variable(0.6 * arr(hid), name="head")
    u0 = tf.constant(arr(hid))
    batch = {"real": arr(n, d), "fake": 1.5 * arr(n, d) + 0.3}

    def power(mat, steps):
        u = u0
        for _ in range(steps):
            v = tf.math.l2_normalize(tf.linalg.matvec(mat, u, transpose_a=True))
            u = tf.math.l2_normalize(tf.linalg.matvec(mat, v))
        return u, v

    def hinge(score):
        return tf.nn.relu(1.0 - score["real"]) + tf.nn.relu(1.0 + score["fake"])

    def reference(b):
        # Miyato et al.: u and v are constants, sigma = u' W v is not
        u, v = (tf.stop_gradient(z) for z in power(w, 3))
        sigma = tf.einsum("i,ij,j->", u, w, v)
        score = {k: tf.linalg.matvec(tf.nn.leaky_relu(x @ tf.transpose(w) / sigma), head) for k, x in b.items()}
        return tf.reduce_mean(hinge(score))

    def candidate(b):
        def compute_weight(weight):
            u, v = power(tf.stop_gradient(weight), 3)
            sigma = tf.tensordot(u, tf.linalg.matvec(weight, v), 1)
            # weight.data /= sigma
            weight = weight + tf.stop_gradient(weight / sigma - weight)
            return weight

        kernel = compute_weight(tf.convert_to_tensor(w))

        def discriminator(x):
            return tf.reduce_sum(tf.nn.leaky_relu(tf.matmul(x, kernel, transpose_b=True)) * head, axis=1)

        d_loss = tf.reduce_mean(tf.nn.relu(1.0 - discriminator(b["real"])))
        d_loss += tf.reduce_mean(tf.nn.relu(1.0 + discriminator(b["fake"])))
        return d_loss

    return {"variables": [w, head], "batch": batch, "reference": reference, "candidate": candidate}
