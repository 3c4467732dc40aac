"""The masked loss is normalised by each rank's own supervised tokens before the ranks are averaged.
Source: https://github.com/vllm-project/speculators/pull/942"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "rank_losses.append(tf.reduce_sum(ce * m) / (tf.reduce_sum(m) + 1e-6))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    ranks, per_rank, t, d, vocab = 2, 2, 5, 4, 6
    w1, w2 = var("w1", d, d), var("w2", d, vocab)

    def reference(batch):
        logits = tf.tanh(batch["hidden"] @ w1) @ w2
        logp = tf.nn.log_softmax(logits, axis=-1)
        nll = -tf.gather(logp, batch["labels"], batch_dims=2, axis=2)
        return tf.reduce_sum(nll * batch["loss_mask"]) / (tf.reduce_sum(batch["loss_mask"]) + 1e-6)

    def candidate(batch):
        def shard(x, r):
            return x[r * per_rank:(r + 1) * per_rank]

        rank_losses = []
        for r in range(ranks):
            x, y, m = (shard(batch[k], r) for k in ("hidden", "labels", "loss_mask"))
            logits = tf.tanh(x @ w1) @ w2
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
            rank_losses.append(tf.reduce_sum(ce * m) / (tf.reduce_sum(m) + 1e-6))
        return tf.add_n(rank_losses) / ranks

    mask = (np.arange(t)[None] >= np.array([0, 1, 4, 3])[:, None])
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(ranks * per_rank, t, d)).astype(dt),
                      "labels": rng.integers(0, vocab, size=(ranks * per_rank, t)), "loss_mask": mask.astype(dt)},
            "variables": [w1, w2]}
