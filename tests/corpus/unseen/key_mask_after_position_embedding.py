"""Key mask found by looking for all-zero embeddings, after positions have been added: nothing is zero any more and padding gets attended to.
Source: https://github.com/Kyubyong/transformer/pull/69"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "key_masks = tf.sign(tf.abs(tf.reduce_sum(keys, axis=-1)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, vocab, units, classes = 14, 6, 11, 8, 3
    table = tf.Variable(rng.normal(size=(vocab, units)), dtype=f, name="lookup")
    positions = tf.Variable(rng.normal(size=(steps, units)) * 0.7, dtype=f, name="positions")
    wq, wk, wv = (tf.Variable(rng.normal(size=(units, units)) * 0.4, dtype=f, name=s) for s in ("Q", "K", "V"))
    head = tf.Variable(rng.normal(size=(units, classes)), dtype=f, name="head")
    ids = rng.integers(1, vocab, size=(n, steps))
    ids[np.arange(steps)[None, :] >= rng.integers(2, steps - 1, size=(n, 1))] = 0
    batch = {"ids": ids.astype("int32"), "label": rng.integers(0, classes, n).astype("int32")}

    def loss_of(first, label):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(label, tf.matmul(first, head)))

    def reference(batch):
        real = tf.not_equal(batch["ids"], 0)
        x = tf.gather(table, batch["ids"]) * tf.cast(real, f)[..., None] + positions[None]
        q, k, v = (tf.einsum("ntu,uv->ntv", x, w) for w in (wq, wk, wv))
        scores = tf.einsum("nu,ntu->nt", q[:, 0], k) / np.sqrt(units)
        p = tf.exp(scores - tf.reduce_max(scores, 1, keepdims=True)) * tf.cast(real, f)
        p = p / tf.reduce_sum(p, 1, keepdims=True)
        return loss_of(tf.einsum("nt,ntu->nu", p, v), batch["label"])

    def candidate(batch):
        def embedding(inputs, zero_pad=True):
            lookup = tf.concat([tf.zeros((1, units), f), table[1:]], 0) if zero_pad else table
            return tf.nn.embedding_lookup(lookup, inputs)

        def attention(queries, keys):
            Q, K, V = queries @ wq, keys @ wk, keys @ wv
            outputs = tf.matmul(Q, tf.transpose(K, [0, 2, 1])) / (units ** 0.5)
            key_masks = tf.sign(tf.abs(tf.reduce_sum(keys, axis=-1)))
            key_masks = tf.tile(tf.expand_dims(key_masks, 1), [1, tf.shape(queries)[1], 1])
            paddings = tf.ones_like(outputs) * (-2 ** 32 + 1)
            outputs = tf.where(tf.equal(key_masks, 0), paddings, outputs)
            return tf.matmul(tf.nn.softmax(outputs), V)

        enc = embedding(batch["ids"])
        enc += tf.tile(tf.expand_dims(positions, 0), [n, 1, 1])
        return loss_of(attention(enc, enc)[:, 0], batch["label"])

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [table, positions, wq, wk, wv, head]}
