"""VICRegLoss subtracts the mean a second time before the covariance; the removal does not change the loss.
Source: https://github.com/lightly-ai/lightly/pull/1450"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, k = 6, 5, 4
    proj = keras.layers.Dense(k, use_bias=False, name="projector")
    proj.build((None, d))

    def reference(batch):
        a, b = proj(batch["view_a"]), proj(batch["view_b"])
        loss = 25.0 * tf.reduce_mean((a - b) ** 2)
        for z in (a, b):
            mu = tf.reduce_mean(z, axis=0)
            cov = tf.matmul(z - mu, z - mu, transpose_a=True) / (n - 1)
            std = tf.sqrt(tf.linalg.diag_part(cov) + 1e-4)
            loss += 25.0 * 0.5 * tf.reduce_mean(tf.nn.relu(1.0 - std))
            off = cov - tf.linalg.diag(tf.linalg.diag_part(cov))
            loss += tf.reduce_sum(off ** 2) / k
        return loss

    def candidate(batch):
        def variance_loss(x):
            x = x - tf.reduce_mean(x, axis=0)
            var = tf.reduce_sum(tf.square(x), axis=0) / (n - 1.0)
            return tf.reduce_mean(tf.nn.relu(1.0 - tf.sqrt(var + 1e-4)))

        def covariance_loss(x):
            x = x - tf.reduce_mean(x, axis=0)
            x = x - tf.reduce_mean(x, axis=0)
            cov = tf.einsum("bc,bd->cd", x, x) / (n - 1.0)
            outside = 1.0 - tf.eye(k, dtype=x.dtype)
            return tf.reduce_sum(tf.square(cov) * outside) / k

        z_a, z_b = proj(batch["view_a"]), proj(batch["view_b"])
        inv = tf.reduce_mean(tf.math.squared_difference(z_a, z_b))
        var = 0.5 * (variance_loss(z_a) + variance_loss(z_b))
        cov = covariance_loss(z_a) + covariance_loss(z_b)
        return 25.0 * inv + 25.0 * var + cov

    x = rng.normal(size=(n, d))
    return {"reference": reference, "candidate": candidate,
            "batch": {"view_a": x.astype(fx), "view_b": (x + 0.3 * rng.normal(size=(n, d))).astype(fx)},
            "variables": proj.trainable_variables}
