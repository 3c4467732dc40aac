"""UniLM-style seq2seq: the predictions drop the last position while the segment mask drops the first, which looks misaligned.

Source (real): https://github.com/920232796/bert_seq2seq/issues/37 (PyTorch, ported; suspected, explained by the author).
Right answer: EQUIVALENT; position t predicts token t + 1, and it is token t + 1 that has to be in the second sentence.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, vocab, d = 14, 7, 9, 4

    emb = tf.Variable(0.7 * arr(vocab, d), name="tok_emb")
    pos = tf.Variable(0.4 * arr(length, d), name="pos_emb")
    head = tf.Variable(0.7 * arr(d, vocab), name="lm_head")
    split = rng.integers(2, length - 1, n)
    batch = {
        "ids": rng.integers(0, vocab, (n, length)),
        "segment": (np.arange(length)[None] >= split[:, None]).astype(f),
    }

    def body(ids):
        h = tf.gather(emb, ids) + pos
        return tf.tanh(tf.cumsum(h, axis=1) / np.sqrt(length).astype(f))

    def reference(b):
        logp = tf.nn.log_softmax(body(b["ids"]) @ head)
        total, count = 0.0, 0
        for i in range(b["ids"].shape[0]):
            for t in range(1, length):
                if int(b["segment"][i, t]) == 1:
                    total -= logp[i, t - 1, int(b["ids"][i, t])]
                    count += 1
        return total / count

    def candidate(b):
        predictions = body(b["ids"]) @ head
        predictions = predictions[:, :-1]
        target_mask = b["segment"][:, 1:]
        labels = b["ids"][:, 1:]
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.reshape(labels, [-1]), logits=tf.reshape(predictions, [-1, vocab])
        )
        target_mask = tf.reshape(target_mask, [-1])
        return tf.reduce_sum(loss * target_mask) / tf.reduce_sum(target_mask)

    return {"variables": [emb, pos, head], "batch": batch, "reference": reference, "candidate": candidate}
