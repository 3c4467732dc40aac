"""VICReg port adds the hinge terms of both branches where the official code takes their mean (divides by two).
Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/467"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "v_loss = tf.reduce_mean(tf.nn.relu(1.0 - std_emb)) + tf.reduce_mean(tf.nn.relu(1.0 - std_ref))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, k = 7, 5, 4
    w = tf.Variable((0.3 * rng.normal(size=(d, k))).astype(fx), name="expander")
    lam, mu, nu, eps = 2.0, 2.0, 1.0, 1e-4

    def reference(batch):
        x, y = batch["x"] @ w, batch["y"] @ w
        loss = lam * tf.reduce_mean((x - y) ** 2)
        hinge = []
        for z in (x, y):
            z = z - tf.reduce_mean(z, axis=0)
            cov = tf.matmul(z, z, transpose_a=True) / (n - 1)
            std = tf.sqrt(tf.linalg.diag_part(cov) + eps)
            hinge.append(tf.reduce_mean(tf.nn.relu(1 - std)))
            loss += nu * tf.reduce_sum(tf.linalg.set_diag(cov, tf.zeros(k, cov.dtype)) ** 2) / k
        return loss + mu * (hinge[0] / 2 + hinge[1] / 2)

    def candidate(batch):
        def off_diagonal(m):
            return m * (1.0 - tf.eye(k, dtype=m.dtype))

        emb, ref_emb = tf.matmul(batch["x"], w), tf.matmul(batch["y"], w)
        invariance = tf.reduce_mean(tf.math.squared_difference(emb, ref_emb))
        emb = emb - tf.reduce_mean(emb, axis=0, keepdims=True)
        ref_emb = ref_emb - tf.reduce_mean(ref_emb, axis=0, keepdims=True)
        std_emb = tf.sqrt(tf.reduce_sum(tf.square(emb), axis=0) / (n - 1.0) + eps)
        std_ref = tf.sqrt(tf.reduce_sum(tf.square(ref_emb), axis=0) / (n - 1.0) + eps)
        v_loss = tf.reduce_mean(tf.nn.relu(1.0 - std_emb)) + tf.reduce_mean(tf.nn.relu(1.0 - std_ref))
        cov_emb = tf.matmul(emb, emb, transpose_a=True) / (n - 1.0)
        cov_ref = tf.matmul(ref_emb, ref_emb, transpose_a=True) / (n - 1.0)
        c_loss = tf.reduce_sum(tf.square(off_diagonal(cov_emb))) + tf.reduce_sum(tf.square(off_diagonal(cov_ref)))
        return lam * invariance + mu * v_loss + nu * c_loss / k

    x = rng.normal(size=(n, d))
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x.astype(fx), "y": (x + 0.5 * rng.normal(size=(n, d))).astype(fx)}, "variables": [w]}
