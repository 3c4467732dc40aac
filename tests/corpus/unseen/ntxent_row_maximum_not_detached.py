"""Right: the row maximum subtracted in NT-Xent is not detached, but it cancels in the ratio, gradient included.

Source (real): https://github.com/KevinMusgrave/pytorch-metric-learning/issues/282
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, e = 12, 6, 8, 4
    w1 = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="w1")
    w2 = tf.Variable(rng.normal(size=(h, e)).astype("float32") * 0.5, name="w2")
    batch = {"x": rng.normal(size=(n, d)).astype("float32"), "label": (np.arange(n) // 3).astype("int32")}
    temperature = 0.4

    def embed(x):
        return tf.math.l2_normalize(tf.nn.gelu(x @ w1) @ w2, -1)

    def reference(b):
        sim = embed(b["x"])
        sim = sim @ tf.transpose(sim) / temperature
        losses = []
        for i in range(n):
            negatives = tf.boolean_mask(sim[i], b["label"] != b["label"][i])
            for j in range(n):
                if j != i and j // 3 == i // 3:
                    both = tf.concat([sim[i, j][None], negatives], 0)
                    losses.append(tf.reduce_logsumexp(both) - sim[i, j])
        return tf.add_n(losses) / len(losses)

    def candidate(b):
        emb = embed(b["x"])
        mat = tf.matmul(emb, emb, transpose_b=True)
        same = b["label"][:, None] == b["label"][None, :]
        a1, p = tf.unstack(tf.where(same & ~tf.eye(n, dtype=tf.bool)), axis=1)
        pos_pairs = tf.gather_nd(mat, tf.stack([a1, p], 1))[:, None] / temperature
        neg_mask = tf.gather(tf.cast(~same, tf.float32), a1)
        neg_pairs = tf.gather(mat, a1) / temperature
        max_val = tf.maximum(pos_pairs, tf.reduce_max(tf.where(neg_mask > 0, neg_pairs, -1e9), axis=1, keepdims=True))
        numerator = tf.squeeze(tf.exp(pos_pairs - max_val), 1)
        denominator = tf.reduce_sum(tf.exp(neg_pairs - max_val) * neg_mask, axis=1) + numerator
        log_exp = tf.math.log(numerator / denominator + 1e-30)
        return tf.reduce_mean(-log_exp)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
