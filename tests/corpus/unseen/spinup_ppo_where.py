"""PPO of Spinning Up: the bound is (1 + eps) * adv or (1 - eps) * adv by the sign of adv; a pull request called it wrong.

Source (real): https://github.com/openai/spinningup/pull/315 (PyTorch, ported; the Spinning Up text derives this form).
Right answer: EQUIVALENT to the paper's clipped ratio.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 32, 5, 4
    clip_ratio = 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, 8), name="pi_hidden")
    w2 = tf.Variable(0.6 * arr(8, acts), name="pi_out")
    batch = {"obs": arr(n, d), "act": rng.integers(0, acts, n), "adv": arr(n)}
    lg = np.tanh(batch["obs"] @ w1.numpy()) @ w2.numpy()
    lp = (lg - np.log(np.exp(lg).sum(1, keepdims=True)))[np.arange(n), batch["act"]]
    batch["logp_old"] = (lp + 0.35 * arr(n)).astype(f)

    def reference(b):
        m = b["obs"].shape[0]
        objective = 0.0
        for i in range(m):
            logits = tf.tanh(b["obs"][i:i + 1] @ w1) @ w2
            r = tf.nn.softmax(logits)[0, int(b["act"][i])] / tf.exp(b["logp_old"][i])
            clipped = tf.clip_by_value(r, 1 - clip_ratio, 1 + clip_ratio)
            objective += tf.minimum(r * b["adv"][i], clipped * b["adv"][i])
        return -objective / m

    def candidate(b):
        adv = b["adv"]
        logp_all = tf.nn.log_softmax(tf.matmul(tf.tanh(tf.matmul(b["obs"], w1)), w2))
        logp = tf.reduce_sum(tf.one_hot(b["act"], acts, dtype=logp_all.dtype) * logp_all, axis=1)
        ratio = tf.exp(logp - b["logp_old"])
        min_adv = tf.where(adv > 0, (1 + clip_ratio) * adv, (1 - clip_ratio) * adv)
        pi_loss = -tf.reduce_mean(tf.minimum(ratio * adv, min_adv))
        return pi_loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
