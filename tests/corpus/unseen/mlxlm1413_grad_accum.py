"""Gradient accumulation averages per-micro-batch token means with equal weight, although the micro-batches hold different numbers of trained tokens. Source: https://github.com/ml-explore/mlx-lm/pull/1413"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "accumulated += loss / grad_accumulation_steps",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, T, V, D, grad_accumulation_steps = 8, 7, 10, 8, 4
    base = tf.constant(rng.normal(0, 0.6, (D, V)).astype("float32"))
    lora_a = tf.Variable(rng.normal(0, 0.5, (D, 2)).astype("float32"), name="lora_a")
    lora_b = tf.Variable(rng.normal(0, 0.5, (2, V)).astype("float32"), name="lora_b")
    embed = tf.Variable(rng.normal(0, 0.8, (V, D)).astype("float32"), name="embed")

    def model(inputs):
        h = tf.nn.embedding_lookup(embed, inputs)
        h = tf.nn.silu(h + tf.pad(h, [[0, 0], [1, 0], [0, 0]])[:, :-1])
        return h @ (base + 2.0 * lora_a @ lora_b)

    def default_loss(batch, lengths):
        inputs, targets = batch[:, :-1], batch[:, 1:]
        logits = model(inputs)
        steps = tf.range(1, T)
        mask = tf.cast((steps >= lengths[:, 0:1]) & (steps <= lengths[:, 1:]), tf.float32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits) * mask
        ntoks = tf.reduce_sum(mask)
        return tf.reduce_sum(ce) / ntoks, ntoks

    def reference(batch):
        total, tokens = 0.0, 0.0
        for start in range(0, n, n // grad_accumulation_steps):
            rows = slice(start, start + n // grad_accumulation_steps)
            loss, ntoks = default_loss(batch["tokens"][rows], batch["lengths"][rows])
            total += loss * ntoks
            tokens += ntoks
        return total / tokens

    def candidate(batch):
        accumulated = 0.0
        micro_tokens = tf.split(batch["tokens"], grad_accumulation_steps)
        micro_lengths = tf.split(batch["lengths"], grad_accumulation_steps)
        for tokens, lengths in zip(micro_tokens, micro_lengths):
            loss, ntoks = default_loss(tokens, lengths)
            accumulated += loss / grad_accumulation_steps
        return accumulated

    offset = rng.integers(1, 3, n)
    length = np.array([6, 6, 2, 3, 4, 6, 3, 2])
    batch = {"tokens": rng.integers(0, V, (n, T)).astype("int32"),
             "lengths": np.stack([offset, length], axis=1).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [lora_a, lora_b, embed]}
