"""SFT loss takes the mean over its own unmasked tokens on every rank and lets FSDP average
the ranks; ranks with few unmasked tokens weigh too much.
Source: https://github.com/PrimeIntellect-ai/prime-rl/pull/1960"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'rank_loss = tf.reduce_sum(nll * keep, axis=[1, 2]) / tf.reduce_sum(keep, axis=[1, 2])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    ranks, per_rank, length, vocab, dim = 3, 2, 5, 7, 4
    emb = tf.Variable((rng.standard_normal((vocab, dim)) * 0.7).astype(fx), name="emb")
    proj = tf.Variable((rng.standard_normal((dim, vocab)) * 0.7).astype(fx), name="proj")
    starts = np.array([0, 1, 4, 4, 2, 3])
    loss_mask = (np.arange(length)[None] >= starts[:, None]).astype(fx)

    def reference(batch):
        numer = tf.zeros((), fx)
        count = tf.zeros((), fx)
        for r in range(ranks):
            sl = slice(r * per_rank, (r + 1) * per_rank)
            h = tf.nn.gelu(tf.gather(emb, batch["input_ids"][sl]))
            logits = tf.einsum("btd,dv->btv", h, proj)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"][sl], logits=logits)
            numer += tf.reduce_sum(ce * batch["loss_mask"][sl])
            count += tf.reduce_sum(batch["loss_mask"][sl])
        return numer / count

    def candidate(batch):
        h = tf.nn.gelu(tf.gather(emb, batch["input_ids"]))
        logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", h, proj), axis=-1)
        nll = -tf.gather(logp, batch["labels"], batch_dims=2)
        nll = tf.reshape(nll, [ranks, per_rank, length])
        keep = tf.reshape(batch["loss_mask"], [ranks, per_rank, length])
        rank_loss = tf.reduce_sum(nll * keep, axis=[1, 2]) / tf.reduce_sum(keep, axis=[1, 2])
        return tf.reduce_mean(rank_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": rng.integers(0, vocab, (ranks * per_rank, length)).astype("int32"),
                      "labels": rng.integers(0, vocab, (ranks * per_rank, length)).astype("int32"),
                      "loss_mask": loss_mask},
            "variables": [emb, proj]}
