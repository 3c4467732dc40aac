"""spectral_norm treats u and v as constants; somebody wants the gradient to flow through the power iteration. Once it has
converged both give the same gradient (the singular vectors are stationary points).
Source: https://github.com/pytorch/pytorch/issues/10004"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def normalize(v, eps=1e-12):
    return v / tf.maximum(tf.norm(v), eps)


def compute_weight(weight, u, n_power_iterations):
    u = tf.stop_gradient(u)
    for _ in range(n_power_iterations):
        v = normalize(tf.linalg.matvec(weight, u, transpose_a=True))
        u = normalize(tf.linalg.matvec(weight, v))
    sigma = tf.tensordot(u, tf.linalg.matvec(weight, v), 1)
    return weight / sigma


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    q1, _ = np.linalg.qr(rng.standard_normal((5, 5)))
    q2, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    w = tf.Variable((q1[:, :3] * [2.0, 0.8, 0.3] @ q2.T).astype(f), name="weight_orig")
    u0 = q1[:, 0] + 0.3 * rng.standard_normal(5)
    u0 = (u0 * np.sign(u0 @ q1[:, 0])).astype(f)

    def critic(weight, batch):
        h = tf.nn.softplus(batch["x"] @ tf.transpose(weight))
        return tf.reduce_mean((tf.reduce_sum(h, axis=1) - batch["y"]) ** 2)

    def reference(batch):
        s, left, right = tf.linalg.svd(tf.stop_gradient(w), full_matrices=False)
        sigma = tf.einsum("i,ij,j->", left[:, 0], w, right[:, 0])
        return critic(w / sigma, batch)

    def candidate(batch):
        return critic(compute_weight(w, u0, 25), batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((12, 3)).astype(f), "y": rng.standard_normal(12).astype(f)},
            "variables": [w]}
