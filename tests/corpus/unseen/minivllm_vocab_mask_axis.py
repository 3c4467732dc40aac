"""Vocabulary-parallel embedding: the token mask is expanded at axis 1, so (n, 1, seq) masks features instead of tokens.

Source (real): https://github.com/Wenyueh/MinivLLM/pull/99 (PyTorch; mask.unsqueeze(1) becomes mask.unsqueeze(-1); it fails loudly unless,
as here, the sequence is as long as the embedding is wide).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "output = tf.expand_dims(mask, 1) * output",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seq_len, embedding_dim, vocab, tp_size, out = 20, 6, 6, 10, 2, 3
    per_rank = vocab // tp_size

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    shards = [tf.Variable(arr(per_rank, embedding_dim), name=f"weight_rank{r}") for r in range(tp_size)]
    head = tf.Variable(0.5 * arr(embedding_dim, out), name="head")
    batch = {"ids": rng.integers(0, vocab, (n, seq_len)), "y": arr(n, seq_len, out)}

    def reference(b):
        table = tf.concat([tf.convert_to_tensor(s) for s in shards], axis=0)
        hidden = tf.nn.embedding_lookup(table, b["ids"])
        return tf.reduce_mean(tf.square(tf.tanh(hidden) @ head - b["y"]))

    def candidate(b):
        class VocabParallelEmbedding:
            def __init__(self, tp_rank):
                self.weight = shards[tp_rank]
                self.vocab_start_idx = per_rank * tp_rank
                self.vocab_end_idx = self.vocab_start_idx + per_rank

            def forward(self, x):
                mask = tf.logical_and(x >= self.vocab_start_idx, x < self.vocab_end_idx)
                x = tf.where(mask, x - self.vocab_start_idx, tf.zeros_like(x))
                output = tf.gather(self.weight, x)
                mask = tf.cast(mask, output.dtype)
                output = tf.expand_dims(mask, 1) * output
                return output

        all_reduce = sum(VocabParallelEmbedding(rank).forward(b["ids"]) for rank in range(tp_size))
        logits = tf.tanh(all_reduce) @ head
        return tf.reduce_mean(tf.math.squared_difference(logits, b["y"]))

    return {"variables": [*shards, head], "batch": batch, "reference": reference, "candidate": candidate}
