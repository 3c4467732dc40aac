"""YouTubeDNN retrieval: sampled softmax lacks the logQ correction for the popularity-based candidate sampler.
Source: https://github.com/NVIDIA-Merlin/models/pull/457"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logits = tf.concat([positive_scores, negative_scores], axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, h, items, S = 5, 4, 3, 10, 4
    w = tf.Variable(f(d, h), name="query_tower")
    table = tf.Variable(f(items, h), name="item_table")
    k = np.arange(items)
    prob = (np.log((k + 2) / (k + 1)) / np.log(items + 1)).astype(fx)

    def reference(batch):
        q = tf.tanh(batch["x"] @ w)
        total = 0.0
        for i in range(n):
            ids = tf.concat([batch["target"][i:i + 1], batch["negatives"]], 0)
            score = tf.linalg.matvec(tf.gather(table, ids), q[i])
            score -= tf.math.log(S * tf.gather(tf.constant(prob), ids))
            hit = tf.concat([[False], batch["negatives"] == batch["target"][i]], 0)
            score = tf.where(hit, tf.constant(-1e9, dtype=fx), score)
            total += tf.reduce_logsumexp(score) - score[0]
        return total / n

    def candidate(batch):
        def item_scores(query, target, negatives):
            positive = tf.reduce_sum(query * tf.gather(table, target), axis=1, keepdims=True)
            negative = tf.matmul(query, tf.gather(table, negatives), transpose_b=True)
            return positive, negative

        query = tf.tanh(tf.matmul(batch["x"], w))
        positive_scores, negative_scores = item_scores(query, batch["target"], batch["negatives"])
        accidental = tf.equal(batch["target"][:, None], batch["negatives"][None, :])
        negative_scores = tf.where(accidental, tf.constant(-1e9, dtype=fx), negative_scores)
        logits = tf.concat([positive_scores, negative_scores], axis=1)
        labels = tf.zeros([n], dtype=tf.int32)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": f(n, d), "target": rng.integers(0, items, size=n).astype("int32"),
                      "negatives": np.array([0, 1, 3, 8], dtype="int32")},
            "variables": [w, table]}
