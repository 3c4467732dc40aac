"""The GRPO loss is averaged over all tokens of the batch at once instead of within each completion first.

Source (real): https://github.com/huggingface/trl/issues/2995
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss = tf.reduce_sum(per_token_loss * b["mask"]) / tf.reduce_sum(b["mask"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    groups, g, t, v, d = 3, 4, 9, 8, 5
    n = groups * g
    emb = tf.Variable(rng.normal(size=(v, d)).astype(np.float32), name="wte")
    out = tf.Variable((0.6 * rng.normal(size=(d, v))).astype(np.float32), name="lm_head")
    lens = rng.integers(1, t + 1, n)
    batch = {"inp": rng.integers(0, v, (n, t)).astype(np.int32), "tok": rng.integers(0, v, (n, t)).astype(np.int32),
             "mask": (np.arange(t)[None] < lens[:, None]).astype(np.float32), "rew": rng.normal(size=n).astype(np.float32),
             "ref_logp": (-2 + 0.3 * rng.normal(size=(n, t))).astype(np.float32)}
    beta = 0.04

    def per_token(b):
        logp = tf.gather(tf.nn.log_softmax(tf.matmul(tf.tanh(tf.gather(emb, b["inp"])), out)), b["tok"], batch_dims=2)
        diff = b["ref_logp"] - logp
        kl = tf.exp(diff) - diff - 1.0
        grouped = tf.reshape(b["rew"], (groups, g))
        std = tf.math.reduce_std(grouped, axis=1, keepdims=True)
        adv = tf.reshape((grouped - tf.reduce_mean(grouped, axis=1, keepdims=True)) / (std + 1e-4), (n, 1))
        ratio = tf.exp(logp - tf.stop_gradient(logp))
        return -(ratio * adv - beta * kl)

    def reference(b):
        tokens = per_token(b)
        losses = []
        for i in range(n):
            losses.append(tf.reduce_mean(tf.boolean_mask(tokens[i], b["mask"][i] > 0)))
        return tf.add_n(losses) / n

    def candidate(b):
        per_token_loss = per_token(b)
        loss = tf.reduce_sum(per_token_loss * b["mask"]) / tf.reduce_sum(b["mask"])
        return loss

    return {"variables": [emb, out], "batch": batch, "reference": reference, "candidate": candidate}
