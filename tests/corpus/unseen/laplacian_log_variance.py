"""The Laplacian aleatoric loss uses exp(-log_variance) where the paper has a division by sigma; asked whether that is a slip.
Source: https://github.com/Xianpeng919/MonoCon/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, objs, dim = 3, 4, 5
    feat = rng.normal(size=(n, objs, dim)).astype(fx)
    depth = rng.uniform(0.5, 3.0, size=(n, objs)).astype(fx)
    valid = np.ones((n, objs))
    valid[0, 3] = valid[2, 1] = 0
    w = tf.Variable((0.4 * rng.normal(size=(dim, 2))).astype(fx), name="depth_head")

    def reference(batch):
        out = batch["feat"] @ w
        sigma = tf.exp(out[..., 1])
        loss = 1.4142 / sigma * tf.abs(out[..., 0] - batch["depth"]) + tf.math.log(sigma)
        return tf.reduce_sum(loss * batch["valid"]) / tf.reduce_sum(batch["valid"])

    def candidate(batch):
        def laplacian_aleatoric_uncertainty_loss(inp, target, log_variance):
            loss = 1.4142 * tf.exp(-log_variance) * tf.abs(inp - target) + log_variance
            return tf.reduce_mean(loss)

        keep = tf.where(batch["valid"] > 0)
        depth_pred = tf.gather_nd(tf.tensordot(batch["feat"], w, axes=1), keep)
        depth_mu, depth_log_variance = depth_pred[:, 0], depth_pred[:, 1]
        return laplacian_aleatoric_uncertainty_loss(depth_mu, tf.gather_nd(batch["depth"], keep), depth_log_variance)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": feat, "depth": depth, "valid": valid.astype(fx)}, "variables": [w]}
