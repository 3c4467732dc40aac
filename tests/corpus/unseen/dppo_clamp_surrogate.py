"""PPO clamps the surrogate (ratio times advantage) to [1 - eps, 1 + eps] where it should clamp the ratio.

Source (real): https://github.com/alexis-jacq/Pytorch-DPPO/issues/3 (PyTorch, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "surr2 = tf.clip_by_value(surr1, 1 - clip, 1 + clip)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 22, 4, 6, 3
    clip, ent_coeff = 0.1, 0.02

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    shared = tf.Variable(0.6 * arr(d, hid), name="shared")
    p_mu = tf.Variable(0.5 * arr(hid, acts), name="p_mu")
    batch = {"states": arr(n, d), "actions": rng.integers(0, acts, n), "advantages": arr(n)}
    h0 = np.tanh(batch["states"] @ shared.numpy()) @ p_mu.numpy()
    probs0 = np.exp(h0) / np.exp(h0).sum(1, keepdims=True)
    old = probs0[np.arange(n), batch["actions"]] * np.exp(0.3 * arr(n))
    batch["old_probs"] = old.astype(f)

    def reference(b):
        logits = tf.tanh(b["states"] @ shared) @ p_mu
        logp = tf.nn.log_softmax(logits)
        chosen = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["actions"], logits=logits)
        ratio = tf.exp(chosen - tf.math.log(b["old_probs"]))
        bounded = tf.where(b["advantages"] >= 0, tf.minimum(ratio, 1 + clip), tf.maximum(ratio, 1 - clip))
        entropy = -tf.reduce_sum(tf.exp(logp) * logp, axis=-1)
        return -tf.reduce_mean(bounded * b["advantages"] + ent_coeff * entropy)

    def candidate(b):
        x = tf.tanh(tf.matmul(b["states"], shared))
        probs = tf.nn.softmax(tf.matmul(x, p_mu), axis=-1)
        new_probs = tf.reduce_sum(probs * tf.one_hot(b["actions"], acts, dtype=probs.dtype), axis=1)
        ratio = new_probs / b["old_probs"]
        surr1 = ratio * b["advantages"]
        surr2 = tf.clip_by_value(surr1, 1 - clip, 1 + clip)
        loss_clip = -tf.reduce_mean(tf.minimum(surr1, surr2))
        loss_ent = ent_coeff * tf.reduce_mean(tf.reduce_sum(probs * tf.math.log(probs), axis=1))
        return loss_clip + loss_ent

    return {"variables": [shared, p_mu], "batch": batch, "reference": reference, "candidate": candidate}
