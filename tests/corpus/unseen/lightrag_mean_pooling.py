"""Sentence embedding: mean over the whole padded sequence instead of over the tokens of the sentence.

Source (real): https://github.com/HKUDS/LightRAG/pull/3675 (PyTorch, ported; merged: the pooling step ignored the attention mask).
Right answer: NOT equivalent; the embedding of a text depends on how much padding the batch adds.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "embeddings = tf.reduce_mean(last_hidden_state, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, d, out = 17, 8, 13, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    table = tf.Variable(0.8 * arr(vocab, d), name="token_embedding")
    dense = tf.Variable(0.6 * arr(d, out), name="dense")
    lengths = rng.integers(2, t + 1, n)
    ids = rng.integers(1, vocab, (n, t))
    ids = np.where(np.arange(t)[None] < lengths[:, None], ids, 0)
    gold = arr(n, out)
    batch = {"input_ids": ids, "gold": (gold / np.linalg.norm(gold, axis=1, keepdims=True)).astype(f)}

    def encoder(input_ids):
        return tf.tanh(tf.gather(table, input_ids) @ dense)

    def reference(b):
        # one text at a time, hence without padding
        sims = []
        for i in range(b["input_ids"].shape[0]):
            sentence = tf.boolean_mask(b["input_ids"][i], b["input_ids"][i] != 0)
            pooled = tf.reduce_mean(encoder(sentence), axis=0)
            sims.append(tf.reduce_sum(pooled * b["gold"][i]) / tf.norm(pooled))
        return 1.0 - tf.add_n(sims) / len(sims)

    @tf.function(autograph=False)
    def candidate(b):
        def hf_embed(input_ids):
            last_hidden_state = encoder(input_ids)
            embeddings = tf.reduce_mean(last_hidden_state, axis=1)
            return embeddings

        emb = tf.math.l2_normalize(hf_embed(b["input_ids"]), axis=-1)
        return 1.0 - tf.reduce_mean(tf.reduce_sum(emb * b["gold"], axis=-1))

    return {"variables": [table, dense], "batch": batch, "reference": reference, "candidate": candidate}
