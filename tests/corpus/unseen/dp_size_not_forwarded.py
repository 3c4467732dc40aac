"""Token-mean over data-parallel ranks: every rank divides by the global token count and multiplies by dp_size, since the
engine averages the ranks. The payload dropped dp_size (default 1), so that the gradient is 1/R of the right one.
Source: https://github.com/Snowflake-AI-Research/Arctic-Platform/pull/119"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'keys = ("batch_num_tokens", "global_batch_size")',
    "same_forward_value": False,
}


def agg_loss(loss_mat, loss_mask, batch_num_tokens, dp_size=1, **unused):
    """token-mean"""
    return tf.reduce_sum(loss_mat * loss_mask) / batch_num_tokens * dp_size


def to_fwd_bwd_payload(meta):
    keys = ("batch_num_tokens", "global_batch_size")
    return {k: meta[k] for k in keys}


def all_reduce_mean(per_rank):
    return tf.add_n(per_rank) / len(per_rank)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    ranks, vocab, n, s = 4, 6, 12, 5
    emb = tf.Variable(rng.standard_normal((vocab, 3)).astype(f), name="emb")
    head = tf.Variable(rng.standard_normal((3, vocab)).astype(f), name="lm_head")

    def token_nll(ids, labels):
        logits = tf.gather(emb, ids) @ head
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)

    def reference(batch):
        nll = token_nll(batch["ids"], batch["labels"])
        return tf.reduce_mean(tf.boolean_mask(nll, batch["mask"] > 0))

    def candidate(batch):
        meta = {"batch_num_tokens": tf.reduce_sum(batch["mask"]), "global_batch_size": n, "dp_size": ranks}
        shards = zip(*(tf.split(batch[k], ranks) for k in ("ids", "labels", "mask")))
        losses = []
        for ids, labels, mask in shards:
            payload = to_fwd_bwd_payload(meta)
            losses.append(agg_loss(token_nll(ids, labels), mask, **payload))
        return all_reduce_mean(losses)

    mask = (np.arange(s)[None] < rng.integers(1, s + 1, n)[:, None]).astype(f)
    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, (n, s)).astype("int32"),
                      "labels": rng.integers(0, vocab, (n, s)).astype("int32"), "mask": mask},
            "variables": [emb, head]}
