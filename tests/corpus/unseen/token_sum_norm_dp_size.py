"""Loss aggregation seq-mean-token-sum-norm: FSDP averages over the ranks, hence the local loss has to be multiplied by dp_size.
Source: https://github.com/verl-project/verl/pull/5366"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_sum(seq_losses) / loss_scale_factor",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, vocab, dp_size, clip = 12, 5, 4, 7, 3, 0.2
    loss_scale_factor = float(n * steps)
    policy = tf.Variable(rng.normal(size=(d, vocab)) * 0.5, dtype=f, name="policy")
    bias = tf.Variable(rng.normal(size=(vocab,)) * 0.2, dtype=f, name="bias")
    lengths = rng.integers(1, steps + 1, size=(n, 1))
    batch = {
        "state": rng.normal(size=(n, steps, d)).astype(f),
        "action": rng.integers(0, vocab, size=(n, steps)).astype("int32"),
        "old_log_prob": (-1.8 + 0.2 * rng.normal(size=(n, steps))).astype(f),
        "adv": (0.5 + rng.normal(size=(n, 1))).astype(f),
        "mask": (np.arange(steps)[None, :] < lengths).astype(f),
    }

    def reference(batch):
        logp = tf.nn.log_softmax(tf.einsum("ntd,dv->ntv", batch["state"], policy) + bias)
        logp = tf.reduce_sum(logp * tf.one_hot(batch["action"], vocab, dtype=f), -1)
        ratio = tf.exp(logp - batch["old_log_prob"])
        gain = tf.minimum(ratio * batch["adv"], tf.clip_by_value(ratio, 1 - clip, 1 + clip) * batch["adv"])
        return -tf.reduce_sum(gain * batch["mask"]) / loss_scale_factor

    def candidate(batch):
        def agg_loss(loss_mat, loss_mask, loss_agg_mode):
            if loss_agg_mode == "token-mean":
                return tf.reduce_sum(loss_mat * loss_mask) / tf.reduce_sum(loss_mask)
            seq_losses = tf.reduce_sum(loss_mat * loss_mask, axis=-1)
            return tf.reduce_sum(seq_losses) / loss_scale_factor

        def actor_step(shard):
            logits = tf.tensordot(shard["state"], policy, 1) + bias
            log_prob = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=shard["action"], logits=logits)
            ratio = tf.exp(log_prob - shard["old_log_prob"])
            pg_losses1 = -shard["adv"] * ratio
            pg_losses2 = -shard["adv"] * tf.clip_by_value(ratio, 1.0 - clip, 1.0 + clip)
            return agg_loss(tf.maximum(pg_losses1, pg_losses2), shard["mask"], "seq-mean-token-sum-norm")

        def fsdp_reduce(values):
            return tf.add_n(values) / len(values)

        size = n // dp_size
        shards = [{k: t[r * size:(r + 1) * size] for k, t in batch.items()} for r in range(dp_size)]
        return fsdp_reduce([actor_step(s) for s in shards])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [policy, bias]}
