"""SFT: the trainer passes unshifted labels with the prompt masked, which looks like a missing shift; the loss shifts them itself.

Source (real): https://github.com/OpenRLHF/OpenRLHF/issues/362 (PyTorch, ported; the maintainer: this is done in the GPT loss)
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, d, vocab = 15, 6, 4, 5
    emb = tf.Variable(0.7 * arr(vocab, d), name="wte")
    head = tf.Variable(0.7 * arr(d, vocab), name="lm_head")
    batch = {"input_ids": rng.integers(0, vocab, (n, length)), "prompt_len": rng.integers(1, 4, n)}

    def hidden_states(ids):
        seen = np.arange(1, length + 1, dtype=f)[None, :, None]
        return tf.tanh(tf.cumsum(tf.gather(emb, ids), axis=1) / seen)

    def reference(b):
        logits = hidden_states(b["input_ids"]) @ head
        total, count = 0.0, 0
        for i in range(b["input_ids"].shape[0]):
            for t in range(int(b["prompt_len"][i]), length):
                row = logits[i, t - 1]
                total += tf.reduce_logsumexp(row) - row[int(b["input_ids"][i, t])]
                count += 1
        return total / count

    def candidate(b):
        ids = b["input_ids"]
        in_prompt = tf.range(length, dtype=ids.dtype)[None] < b["prompt_len"][:, None]
        labels = tf.where(in_prompt, tf.constant(-100, ids.dtype), ids)

        def gpt_lm_loss(logits, labels):
            shift_logits, shift_labels = logits[:, :-1], labels[:, 1:]
            keep = shift_labels != -100
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.boolean_mask(shift_labels, keep), logits=tf.boolean_mask(shift_logits, keep)
            )
            return tf.reduce_mean(ce)

        return gpt_lm_loss(hidden_states(ids) @ head, labels)

    return {"variables": [emb, head], "batch": batch, "reference": reference, "candidate": candidate}
