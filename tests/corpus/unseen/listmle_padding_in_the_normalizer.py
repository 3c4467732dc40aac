"""ListMLE: padded documents (logit 1e-16, exp about 1) stay in the reverse cumulative sum that normalizes the real ones.

Source (real): https://github.com/huggingface/sentence-transformers/pull/3827
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'scores = tf.exp(tf.where(mask, sorted_logits, 1e-16))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, D, f = 7, 6, 5
    w1 = tf.Variable(rng.normal(size=(f, 6)).astype("float32") * 0.6, name="w1")
    b1 = tf.Variable(rng.normal(size=(6,)).astype("float32") * 0.2, name="b1")
    w2 = tf.Variable(rng.normal(size=(6, 1)).astype("float32") * 0.6, name="w2")
    length = rng.integers(2, D + 1, n)
    length[0] = D
    rel = np.argsort(rng.uniform(size=(n, D)), 1).astype("float32")
    batch = {
        "pairs": rng.normal(size=(n, D, f)).astype("float32"),
        "relevance": rel,
        "length": length.astype("int32"),
    }

    def cross_encoder(x):
        return tf.squeeze(tf.tensordot(tf.nn.gelu(tf.tensordot(x, w1, 1) + b1), w2, 1), -1)

    def reference(b):
        logits = cross_encoder(b["pairs"])
        loss, count = 0.0, 0
        for i in range(n):
            m = int(length[i])
            order = tf.argsort(b["relevance"][i, :m], direction="DESCENDING")
            s = tf.gather(logits[i, :m], order)
            for k in range(m):
                loss += tf.reduce_logsumexp(s[k:]) - s[k]
            count += 1
        return loss / count

    def candidate(b):
        logits = cross_encoder(b["pairs"])
        valid = tf.range(D)[None, :] < b["length"][:, None]
        key = tf.where(valid, b["relevance"], -1.0)
        order = tf.argsort(key, axis=1, direction="DESCENDING", stable=True)
        sorted_logits = tf.gather(logits, order, batch_dims=1)
        mask = tf.gather(valid, order, batch_dims=1)
        scores = tf.exp(tf.where(mask, sorted_logits, 1e-16))
        cumsum_scores = tf.cumsum(scores, axis=1, reverse=True)
        log_probs = tf.where(mask, sorted_logits, 0.0) - tf.math.log(cumsum_scores)
        log_probs = tf.where(mask, log_probs, 0.0)
        per_query = -tf.reduce_sum(log_probs, axis=1)
        return tf.reduce_mean(per_query)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
