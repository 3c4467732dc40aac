"""The sentence vector is the mean of the embeddings over the padded length; padding
has id 0 with a trained row. Source: https://github.com/brightmart/text_classification/issues/39"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": "sent = tf.reduce_mean(emb, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, vocab, d, k = 5, 7, 9, 4, 3
    table, w, b = var("table", vocab, d), var("w", d, k), var("b", k)

    def reference(batch):
        per_example = []
        for i in range(n):
            ids = tf.boolean_mask(batch["ids"][i], batch["ids"][i] > 0)
            mean = tf.reduce_mean(tf.gather(table, ids), axis=0)
            logit = tf.linalg.matvec(w, mean, transpose_a=True) + b
            per_example.append(tf.reduce_logsumexp(logit) - logit[batch["label"][i]])
        return tf.add_n(per_example) / float(n)

    def candidate(batch):
        emb = tf.nn.embedding_lookup(table, batch["ids"])
        sent = tf.reduce_mean(emb, axis=1)
        logits = tf.matmul(sent, w) + b
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits)
        return tf.reduce_mean(losses)

    ids = rng.integers(1, vocab, (n, T))
    for i, l in enumerate([7, 3, 5, 2, 4]):
        ids[i, l:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": ids, "label": rng.integers(0, k, n)},
            "variables": [table, w, b]}
