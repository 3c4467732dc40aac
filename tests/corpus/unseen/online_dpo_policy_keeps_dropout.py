"""Online DPO: dropout stays on while the policy's log-probabilities are computed, so every call compares other numbers with the frozen model's.

Source (real): https://github.com/huggingface/trl/issues/2042
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "nondeterministic",
    "line_marker": 'h = tf.nn.dropout(h, rate=0.3)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, dx, hid, acts, beta = 14, 6, 12, 8, 0.8
    w1 = tf.Variable(rng.normal(0, 0.6, (dx, hid)), name="policy/w1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.6, (hid, acts)), name="policy/w2", dtype=tf.float32)
    r1, r2 = tf.constant(w1.numpy() * 0.9), tf.constant(w2.numpy() * 0.9)
    batch = {"prompt": rng.normal(size=(n, dx)).astype(np.float32), "win": rng.integers(0, acts, n).astype(np.int32),
             "lose": rng.integers(0, acts, n).astype(np.int32)}
    batch["lose"] = np.where(batch["lose"] == batch["win"], (batch["lose"] + 1) % acts, batch["lose"]).astype(np.int32)

    def pair(logits, b):
        lp = tf.nn.log_softmax(logits, -1)
        return tf.gather(lp, b["win"], batch_dims=1) - tf.gather(lp, b["lose"], batch_dims=1)

    def frozen(b):
        return tf.nn.relu(b["prompt"] @ r1) @ r2

    def dpo(policy_gap, ref_gap):
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * (policy_gap - ref_gap)))

    def reference(b):
        logits = tf.nn.relu(b["prompt"] @ w1) @ w2
        return dpo(pair(logits, b), pair(frozen(b), b))

    def candidate(b):
        h = tf.nn.relu(b["prompt"] @ w1)
        h = tf.nn.dropout(h, rate=0.3)
        logits = h @ w2
        gap = pair(logits, b)
        ref_gap = pair(frozen(b), b)
        return dpo(gap, ref_gap)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
