"""Clipped value loss: the maximum is taken of the signed errors and squared afterwards (should be the maximum of the squares).

Source (real): https://github.com/implementation-matters/code-for-paper/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "worst = tf.maximum(val_loss_mat_unclipped, val_loss_mat_clipped)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 20, 5, 3
    actor = tf.Variable((0.5 * rng.normal(size=(d, k))).astype(np.float32), name="actor")
    critic = tf.Variable((0.7 * rng.normal(size=(d, 1))).astype(np.float32), name="critic")
    batch = {"states": rng.normal(size=(n, d)).astype(np.float32), "actions": rng.integers(0, k, n).astype(np.int32),
             "old_logp": np.log(rng.uniform(0.2, 0.5, n)).astype(np.float32), "adv": rng.normal(size=n).astype(np.float32),
             "old_vs": (0.7 * rng.normal(size=n)).astype(np.float32), "returns": rng.normal(size=n).astype(np.float32)}
    eps, ent_w = 0.2, 0.01

    def policy_terms(b):
        logits = tf.nn.log_softmax(tf.matmul(b["states"], actor))
        ratio = tf.exp(tf.gather(logits, b["actions"], batch_dims=1) - b["old_logp"])
        surr = tf.minimum(b["adv"] * ratio, b["adv"] * tf.clip_by_value(ratio, 1 - eps, 1 + eps))
        return -tf.reduce_mean(surr) + ent_w * tf.reduce_mean(tf.reduce_sum(tf.exp(logits) * logits, axis=1))

    def reference(b):
        vs = tf.matmul(b["states"], critic)[:, 0]
        clipped = b["old_vs"] + tf.clip_by_value(vs - b["old_vs"], -eps, eps)
        mse_unclipped = tf.square(vs - b["returns"])
        mse_clipped = tf.square(clipped - b["returns"])
        val_loss = 0.5 * tf.reduce_mean(tf.maximum(mse_unclipped, mse_clipped))
        return policy_terms(b) + val_loss

    def candidate(b):
        vs = tf.squeeze(tf.matmul(b["states"], critic), axis=1)
        vs_clipped = b["old_vs"] + tf.clip_by_value(vs - b["old_vs"], -eps, eps)
        val_loss_mat_unclipped = vs - b["returns"]
        val_loss_mat_clipped = vs_clipped - b["returns"]
        worst = tf.maximum(val_loss_mat_unclipped, val_loss_mat_clipped)
        val_loss = 0.5 * tf.reduce_mean(tf.square(worst))
        return policy_terms(b) + val_loss

    return {"variables": [actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
