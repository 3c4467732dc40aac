"""BERT masked-LM: gather_indexes flattens (n, t, d) to (n * t, d); the row offsets use the number of predictions as
stride instead of the sequence length.

Source: realistic (the function is BERT's run_pretraining.gather_indexes; the slip is in the flat_offsets line).
Right answer: NOT equivalent; all rows but the first read hidden states of other positions and samples.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "flat_offsets = tf.range(0, rows, dtype=tf.int32)[:, None] * preds",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, preds, vocab = 14, 9, 4, 3, 7
    w = tf.Variable((0.6 * rng.standard_normal((d, d))).astype(f), name="transform")
    table = tf.Variable((0.7 * rng.standard_normal((vocab, d))).astype(f), name="embedding_table")
    pos = np.stack([np.sort(rng.choice(t, preds, replace=False)) for _ in range(n)]).astype("int32")
    weights = np.ones((n, preds), f)
    weights[rng.random(n) < 0.4, -1] = 0.0
    batch = {
        "hidden": rng.standard_normal((n, t, d)).astype(f),
        "pos": pos,
        "ids": rng.integers(0, vocab, (n, preds)),
        "weights": weights,
    }

    def reference(b):
        num, den = 0.0, 0.0
        for i in range(b["pos"].shape[0]):
            for k in range(preds):
                h = tf.tanh(b["hidden"][i, b["pos"][i, k]][None] @ w)
                lp = tf.nn.log_softmax(h @ tf.transpose(table))[0, b["ids"][i, k]]
                num -= lp * b["weights"][i, k]
                den += b["weights"][i, k]
        return num / den

    def get_masked_lm_log_probs(gathered):
        x = tf.tanh(tf.matmul(gathered, w))
        return tf.nn.log_softmax(tf.matmul(x, table, transpose_b=True), axis=-1)

    def candidate(b):
        rows = b["pos"].shape[0]
        flat_offsets = tf.range(0, rows, dtype=tf.int32)[:, None] * preds
        flat_positions = tf.reshape(b["pos"] + flat_offsets, [-1])
        flat_sequence = tf.reshape(b["hidden"], [rows * t, d])
        log_probs = get_masked_lm_log_probs(tf.gather(flat_sequence, flat_positions))
        one_hot = tf.one_hot(tf.reshape(b["ids"], [-1]), depth=vocab, dtype=log_probs.dtype)
        per_example = -tf.reduce_sum(log_probs * one_hot, axis=[-1])
        label_weights = tf.reshape(b["weights"], [-1])
        return tf.reduce_sum(label_weights * per_example) / tf.reduce_sum(label_weights)

    return {"variables": [w, table], "batch": batch, "reference": reference, "candidate": candidate}
