"""Drafter training on several ranks: the loss sum is all-reduced before backward; all_reduce is not seen by autograd, and FSDP then averages over the ranks.

Source (real): https://github.com/verl-project/verl-SpeCo/pull/29 (PyTorch, ported; the ranks are simulated as slices of the batch).
Right answer: NOT equivalent; every rank reports the right loss, but the gradient is divided by the world size.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "loss_sums = [s + tf.stop_gradient(tf.add_n(loss_sums) - s) for s in loss_sums]  # dist.all_reduce",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 24, 6, 7, 5
    world_size = 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    fc = tf.Variable(0.6 * arr(d, d), name="drafter_fc")
    head = tf.Variable(0.6 * arr(d, vocab), name="drafter_head")
    lens = rng.integers(1, length + 1, n)
    batch = {
        "hidden": arr(n, length, d),
        "target": rng.integers(0, vocab, (n, length)),
        "mask": (np.arange(length)[None] < lens[:, None]).astype(f),
    }

    def draft(hidden):
        return tf.tanh(hidden @ fc) @ head

    def reference(b):
        # one device, global token mean
        logp = tf.nn.log_softmax(draft(b["hidden"]))
        picked = tf.reduce_sum(logp * tf.one_hot(b["target"], vocab, dtype=logp.dtype), -1)
        return -tf.reduce_sum(picked * b["mask"]) / tf.reduce_sum(b["mask"])

    def candidate(b):
        def training_step_on_batch(rank):
            rows = slice(rank * n // world_size, (rank + 1) * n // world_size)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=b["target"][rows], logits=draft(b["hidden"][rows])
            )
            mask = b["mask"][rows]
            return tf.reduce_sum(loss * mask), tf.reduce_sum(mask)

        loss_sums, token_sums = zip(*[training_step_on_batch(r) for r in range(world_size)])
        loss_sums = [s + tf.stop_gradient(tf.add_n(loss_sums) - s) for s in loss_sums]  # dist.all_reduce
        global_tokens = tf.add_n(token_sums)
        losses = [s / global_tokens for s in loss_sums]
        # FSDP reduces the gradients with a mean over the ranks
        return tf.add_n(losses) / world_size

    return {"variables": [fc, head], "batch": batch, "reference": reference, "candidate": candidate}
