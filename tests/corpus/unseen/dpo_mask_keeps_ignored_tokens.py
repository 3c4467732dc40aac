"""The loss mask is `target == IGNORE_ID`, so only prompt/pad positions count and the answer is zeroed.

Source (real): https://github.com/QwenAudio/CosyVoice/issues/1449
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "keep = tf.equal(target, IGNORE_ID)",
    "same_forward_value": False,
}
IGNORE_ID = -1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 8, 9, 11, 6
    emb = tf.Variable(rng.normal(size=(v, d)).astype(np.float32), name="embedding")
    head = tf.Variable((0.5 * rng.normal(size=(d, v))).astype(np.float32), name="lm_head")
    ref_emb, ref_head = rng.normal(size=(v, d)).astype(np.float32), (0.5 * rng.normal(size=(d, v))).astype(np.float32)

    def side():
        x = rng.integers(1, v, (n, t)).astype(np.int32)
        y = rng.integers(1, v, (n, t)).astype(np.int32)
        for i in range(n):
            y[i, : rng.integers(2, 4)] = IGNORE_ID
            y[i, t - rng.integers(1, 3):] = IGNORE_ID
        return x, y
    cx, cy = side()
    rx, ry = side()
    batch = {"chosen_in": cx, "chosen_target": cy, "rejected_in": rx, "rejected_target": ry}

    def token_logps(e, w, x, target):
        logits = tf.matmul(tf.nn.tanh(tf.gather(e, x)), w)
        safe = tf.where(tf.equal(target, IGNORE_ID), 0, target)
        return tf.gather(tf.nn.log_softmax(logits), safe, batch_dims=2)

    def dpo(pc, pr, rc, rr, beta=0.1):
        logits = (pc - pr) - (rc - rr)
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * logits))

    def reference(b):
        def seq(e, w, key):
            target = b[key + "_target"]
            keep = tf.cast(tf.not_equal(target, IGNORE_ID), tf.float32)
            return tf.reduce_sum(token_logps(e, w, b[key + "_in"], target) * keep, axis=-1)
        pc, pr = seq(emb, head, "chosen"), seq(emb, head, "rejected")
        rc, rr = seq(ref_emb, ref_head, "chosen"), seq(ref_emb, ref_head, "rejected")
        return dpo(pc, pr, rc, rr)

    def candidate(b):
        def seq(e, w, key):
            target = b[key + "_target"]
            keep = tf.equal(target, IGNORE_ID)
            logps = token_logps(e, w, b[key + "_in"], target)
            return tf.reduce_sum(logps * tf.cast(keep, tf.float32), axis=-1)
        pc, pr = seq(emb, head, "chosen"), seq(emb, head, "rejected")
        rc, rr = seq(ref_emb, ref_head, "chosen"), seq(ref_emb, ref_head, "rejected")
        return dpo(pc, pr, rc, rr)

    return {"variables": [emb, head], "batch": batch, "reference": reference, "candidate": candidate}
