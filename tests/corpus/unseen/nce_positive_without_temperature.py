"""InfoNCE with unpaired negatives: the temperature divides the negative logits only.

Source (real): https://github.com/RElbers/info-nce-pytorch/pull/17 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "positive_logit = tf.reduce_sum(query * positive_key, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, e, negatives = 15, 6, 4, 8
    w = tf.Variable(0.6 * arr(d, e), name="encoder")
    neg_inputs = tf.constant(arr(negatives, d))
    batch = {"query": arr(n, d), "positive": arr(n, d)}
    temperature = 0.3

    def encode(x):
        return tf.math.l2_normalize(x @ w, axis=-1)

    def reference(b):
        q, p, negs = encode(b["query"]), encode(b["positive"]), encode(neg_inputs)
        losses = []
        for i in range(q.shape[0]):
            candidates = tf.concat([p[i : i + 1], negs], axis=0)
            logits = tf.linalg.matvec(candidates, q[i]) / temperature
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=0, logits=logits))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        query, positive_key, negative_keys = encode(b["query"]), encode(b["positive"]), encode(neg_inputs)
        positive_logit = tf.reduce_sum(query * positive_key, axis=1, keepdims=True)
        negative_logits = query @ tf.transpose(negative_keys) / temperature
        logits = tf.concat([positive_logit, negative_logits], axis=1)
        loss = tf.reduce_logsumexp(logits, axis=1) - positive_logit[:, 0]
        return tf.reduce_mean(loss)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
