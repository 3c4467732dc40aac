"""Mask seq_id == seq_id lets the pad tokens attend to each other; that changes the hidden
states of pads only, not those of real tokens, nor the masked loss. Source: https://github.com/Biohub/esm/issues/299"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, length, vocab, d = 3, 6, 7, 4
    emb = var("emb", vocab, d)
    qk = var("qk", d, d)
    val = var("val", d, d)
    head = var("head", d, vocab)
    ids = rng.integers(1, vocab, (n, length)).astype("int32")
    ids[1, 4:] = 0
    ids[2, 3:] = 0
    labels = np.where(ids > 0, rng.integers(1, vocab, (n, length)), 0).astype("int32")

    def block(tokens, allow):
        x = tf.gather(emb, tokens)
        s = tf.einsum("nid,de,nje->nij", x, qk, x) / d ** 0.5
        s = tf.where(allow, s, -1e9)
        x = x + tf.matmul(tf.nn.softmax(s), tf.einsum("nld,de->nle", x, val))
        return tf.einsum("nld,dv->nlv", x, head)

    def reference(batch):
        real = batch["ids"] != 0
        allow = real[:, :, None] & real[:, None, :]
        logp = tf.nn.log_softmax(block(batch["ids"], allow))
        losses = []
        for i in range(n):
            keep = tf.where(batch["labels"][i] != 0)[:, 0]
            row = tf.gather(logp[i], keep)
            tgt = tf.gather(batch["labels"][i], keep)
            losses.append(-tf.gather(row, tgt, batch_dims=1))
        return tf.reduce_mean(tf.concat(losses, 0))

    def candidate(batch):
        seq_id = batch["ids"] != 0
        mask = tf.equal(seq_id[:, :, None], seq_id[:, None, :])
        logits = block(batch["ids"], mask)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=logits)
        w = tf.cast(batch["labels"] != 0, ce.dtype)
        return tf.reduce_sum(ce * w) / tf.reduce_sum(w)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": ids, "labels": labels}, "variables": [emb, qk, val, head]}
