"""PPO: the ratio is clipped to [eps, 1 + eps] instead of [1 - eps, 1 + eps].

Source (real): https://github.com/ChenmienTan/RL2/pull/21
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'clipped_ratio = tf.clip_by_value(ratio, CLIP, 1.0 + CLIP)',
    "same_forward_value": False,
}
CLIP, VF = 0.2, 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, vocab = 9, 6, 5, 8

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    head = tf.Variable(mat(d, vocab), name="head")
    critic = tf.Variable(mat(d, 1), name="critic")
    batch = {"h": mat(n, t, d), "ids": rng.integers(0, vocab, (n, t)).astype("int32"),
             "old_logp": rng.normal(-1.5, 0.3, (n, t)).astype("float32"), "adv": mat(n, t) - 0.3, "ret": mat(n, t),
             "mask": (np.arange(t)[None] < rng.integers(3, t + 1, n)[:, None]).astype("float32")}

    def terms(b):
        logp = tf.gather(tf.nn.log_softmax(b["h"] @ head), b["ids"], batch_dims=2)
        return logp, tf.squeeze(b["h"] @ critic, -1)

    def aggregate(x, b):
        return tf.reduce_sum(x * b["mask"]) / tf.reduce_sum(b["mask"])

    def reference(b):
        logp, value = terms(b)
        ratio = tf.exp(logp - b["old_logp"])
        up = tf.minimum(ratio, 1.0 + CLIP)
        down = tf.maximum(ratio, 1.0 - CLIP)
        surrogate = tf.where(b["adv"] >= 0, up, down) * b["adv"]
        return aggregate(-surrogate + VF * (value - b["ret"]) ** 2, b)

    def candidate(b):
        logp, values = terms(b)
        ratio = tf.exp(logp - b["old_logp"])
        clipped_ratio = tf.clip_by_value(ratio, CLIP, 1.0 + CLIP)
        objective = tf.minimum(b["adv"] * ratio, b["adv"] * clipped_ratio)
        loss = -aggregate(objective, b)
        critic_loss = aggregate(tf.square(values - b["ret"]), b)
        return loss + VF * critic_loss

    return {"variables": [head, critic], "batch": batch, "reference": reference, "candidate": candidate}
