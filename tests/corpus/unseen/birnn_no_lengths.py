"""Bidirectional RNN for NER: the padded sentence is reversed as a whole, so the backward cell starts with the padding.

Source (real): https://github.com/shiyybua/NER/issues/47 (TensorFlow 1, bidirectional_dynamic_rnn without sequence_length).
Right answer: NOT equivalent. The state that reaches the last word has already run over the padding (whose embedding is not zero).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return tf.reverse(x, axis=[1])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t_len, vocab, d, hid, tags = 14, 6, 9, 4, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = tf.Variable(0.8 * arr(vocab, d), name="embedding")
    k_fw = tf.Variable(0.5 * arr(d + hid, hid), name="cell_fw")
    k_bw = tf.Variable(0.5 * arr(d + hid, hid), name="cell_bw")
    proj = tf.Variable(0.6 * arr(2 * hid, tags), name="softmax_w")
    lengths = rng.integers(2, t_len, n)
    words = rng.integers(1, vocab, (n, t_len))
    words[np.arange(t_len)[None] >= lengths[:, None]] = 0
    batch = {"words": words, "tags": rng.integers(0, tags, (n, t_len)), "lengths": lengths}

    def run_cell(kernel, x):
        state = tf.zeros([x.shape[0], hid], x.dtype)
        outputs = []
        for t in range(x.shape[1]):
            state = tf.tanh(tf.concat([x[:, t], state], axis=-1) @ kernel)
            outputs.append(state)
        return tf.stack(outputs, axis=1)

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["words"].shape[0]):
            length = int(b["lengths"][i])
            x = tf.gather(emb, b["words"][i, :length])[None]
            left = run_cell(k_fw, x)[0]
            right = run_cell(k_bw, x[:, ::-1])[0, ::-1]
            logits = tf.concat([left, right], -1) @ proj
            for t in range(length):
                total -= tf.nn.log_softmax(logits[t])[b["tags"][i, t]]
            count += length
        return total / count

    def candidate(b):
        def bidirectional_rnn(inputs):
            def flip(x):
                return tf.reverse(x, axis=[1])

            outputs_fw = run_cell(k_fw, inputs)
            outputs_bw = flip(run_cell(k_bw, flip(inputs)))
            return tf.concat([outputs_fw, outputs_bw], axis=-1)

        inputs = tf.nn.embedding_lookup(emb, b["words"])
        logits = bidirectional_rnn(inputs) @ proj
        mask = tf.sequence_mask(b["lengths"], inputs.shape[1], dtype=logits.dtype)
        crossent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["tags"], logits=logits)
        return tf.reduce_sum(crossent * mask) / tf.reduce_sum(mask)

    return {"variables": [emb, k_fw, k_bw, proj], "batch": batch, "reference": reference, "candidate": candidate}
