"""Vision transformer: the attention weights are a softmax over the queries instead of the keys.

Source (real): https://github.com/nerminnuraydogan/vision-transformer/issues/1 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attention_weights = tf.nn.softmax(scores, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, patches, d, classes = 14, 6, 4, 3
    wq = tf.Variable(0.6 * arr(d, d), name="query")
    wk = tf.Variable(0.6 * arr(d, d), name="key")
    wv = tf.Variable(0.6 * arr(d, d), name="value")
    head = tf.Variable(0.7 * arr(d, classes), name="mlp_head")
    batch = {"patch": arr(n, patches, d), "label": rng.integers(0, classes, n)}

    def reference(b):
        total = 0.0
        for img, y in zip(b["patch"], b["label"]):
            q, k, v = img @ wq, img @ wk, img @ wv
            rows = []
            for i in range(patches):
                a = tf.exp(tf.linalg.matvec(k, q[i]) / np.sqrt(d))
                rows.append(tf.reduce_sum(a[:, None] * v, 0) / tf.reduce_sum(a))
            logits = tf.linalg.matvec(head, tf.nn.gelu(rows[0]), transpose_a=True)
            total += tf.reduce_logsumexp(logits) - logits[int(y)]
        return total / len(b["label"])

    def candidate(b):
        queries, keys, vals = b["patch"] @ wq, b["patch"] @ wk, b["patch"] @ wv
        scores = tf.einsum("bid,bjd->bij", queries, keys) / np.sqrt(d)
        attention_weights = tf.nn.softmax(scores, axis=1)
        attended = tf.nn.gelu(attention_weights @ vals)
        logits = attended[:, 0] @ head
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits)
        return tf.reduce_mean(ce)

    return {"variables": [wq, wk, wv, head], "batch": batch, "reference": reference, "candidate": candidate}
