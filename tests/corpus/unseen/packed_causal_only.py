"""Sequence packing resets the position ids at a document boundary, but the attention still sees the documents before.
Source: https://github.com/DeepOpt-com/WrinkleFree-Monorepo/issues/53"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "allowed = causal",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, s, d, vocab = 2, 7, 4, 6
    embed, pos_emb = var("embed", vocab, d), var("pos_emb", s, d)
    wq, wk, wv, head = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("head", d, vocab)
    doc_ids = np.array([[0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 2, 2, 2]], "int32")
    position_ids = np.array([[0, 1, 2, 0, 1, 2, 3], [0, 1, 0, 1, 0, 1, 2]], "int32")

    def reference(batch):
        total = 0.0
        for n in range(b):
            for doc in range(int(doc_ids[n].max()) + 1):
                idx = np.flatnonzero(doc_ids[n] == doc)
                x = tf.gather(embed, tf.gather(batch["input_ids"][n], idx)) + pos_emb[: len(idx)]
                for i in range(len(idx)):
                    q = tf.linalg.matvec(wq, x[i], transpose_a=True)
                    att = tf.nn.softmax(tf.linalg.matvec(x[: i + 1] @ wk, q) / d ** 0.5)
                    h = tf.linalg.matvec(x[: i + 1] @ wv, att, transpose_a=True)
                    logp = tf.nn.log_softmax(tf.linalg.matvec(head, h + x[i], transpose_a=True))
                    total -= logp[batch["labels"][n, idx[i]]]
        return total / (b * s)

    def candidate(batch):
        x = tf.nn.embedding_lookup(embed, batch["input_ids"]) + tf.gather(pos_emb, batch["position_ids"])
        same_doc = batch["doc_ids"][:, :, None] == batch["doc_ids"][:, None, :]
        causal = tf.linalg.band_part(tf.ones_like(same_doc), -1, 0)
        allowed = causal
        score = tf.einsum("bid,bjd->bij", x @ wq, x @ wk) / d ** 0.5
        score = tf.where(allowed, score, tf.constant(-1e9, fx))
        h = tf.nn.softmax(score, -1) @ (x @ wv) + x
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=h @ head)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": rng.integers(0, vocab, (b, s)).astype("int32"), "labels": rng.integers(0, vocab, (b, s)).astype("int32"),
                      "doc_ids": doc_ids, "position_ids": position_ids},
            "variables": [embed, pos_emb, wq, wk, wv, head]}
