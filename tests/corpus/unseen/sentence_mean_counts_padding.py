"""Sentence embedding: the encoder masks its attention, but the final mean runs over all positions, so that a sentence's vector depends on the padding of its batch.
Source: https://github.com/jsboige/CoursIA/issues/15045"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(last_hidden_state, axis=1)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, d, e, vocab = 13, 6, 4, 3, 11
    table = tf.Variable(rng.normal(size=(vocab, d)), dtype=f, name="table")
    wv = tf.Variable(0.6 * rng.normal(size=(d, e)), dtype=f, name="wv")
    bv = tf.Variable(0.2 * rng.normal(size=(e,)), dtype=f, name="bv")
    length = rng.integers(2, T, size=n)
    ids = np.where(np.arange(T)[None] < length[:, None], rng.integers(1, vocab, size=(n, T)), 0)
    batch = {"ids": ids.astype("int32"), "length": length.astype("int32"), "target": rng.normal(size=(n, e)).astype(f)}

    def reference(batch):
        total = 0.0
        for i in range(n):
            tok = tf.gather(table, batch["ids"][i, : batch["length"][i]])
            att = tf.nn.softmax(tok @ tf.transpose(tok) / d ** 0.5, axis=-1)
            hid = tf.tanh(att @ tok @ wv + bv)
            emb = tf.reduce_sum(hid, 0) / tf.cast(tf.shape(hid)[0], f)
            total += tf.reduce_sum((emb - batch["target"][i]) ** 2)
        return total / n

    def candidate(batch):
        def tokenizer(batch):
            return {"input_ids": batch["ids"], "attention_mask": tf.sequence_mask(batch["length"], T)}

        def model(input_ids, attention_mask):
            x = tf.nn.embedding_lookup(table, input_ids)
            scores = tf.einsum("nid,njd->nij", x, x) / float(np.sqrt(d))
            scores = tf.where(attention_mask[:, None, :], scores, -1e9)
            ctx = tf.matmul(tf.nn.softmax(scores), x)
            return tf.nn.tanh(tf.tensordot(ctx, wv, 1) + bv)

        def encode(batch):
            inputs = tokenizer(batch)
            last_hidden_state = model(**inputs)
            return tf.reduce_mean(last_hidden_state, axis=1)

        gap = tf.math.squared_difference(encode(batch), batch["target"])
        return tf.reduce_mean(tf.reduce_sum(gap, axis=-1))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [table, wv, bv]}
