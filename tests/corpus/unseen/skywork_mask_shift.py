"""Language model loss: the attention mask is cut as mask[:, :-1] although the labels are ids[:, 1:].

Source (real): https://github.com/SkyworkAI/Skywork/issues/55 (PyTorch, ported; with right padding one padding token per
sentence is scored; the maintainers confirmed the slip and repaired it).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'shift_mask = b["attention_mask"][:, :-1]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, d = 13, 8, 11, 6
    pad = 0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = tf.Variable(0.7 * arr(vocab, d), name="emb")
    out = tf.Variable(0.7 * arr(d, vocab), name="lm_head")
    length = rng.integers(3, t, n)
    ids = rng.integers(1, vocab, (n, t))
    mask = (np.arange(t)[None] < length[:, None]).astype(f)
    ids = np.where(mask > 0, ids, pad)
    batch = {"input_ids": ids, "attention_mask": mask}

    def lm(input_ids):
        h = tf.gather(emb, input_ids)
        ctx = tf.cumsum(h, axis=1) / tf.reshape(tf.range(1, h.shape[1] + 1, dtype=h.dtype), [1, -1, 1])
        return tf.tanh(ctx) @ out

    def reference(b):
        losses = []
        for i in range(b["input_ids"].shape[0]):
            k = int(tf.reduce_sum(b["attention_mask"][i]))
            sentence = b["input_ids"][i, :k]
            logp = tf.nn.log_softmax(lm(sentence[None])[0])
            losses += [-logp[j, int(sentence[j + 1])] for j in range(k - 1)]
        return tf.add_n(losses) / len(losses)

    def candidate(b):
        logits = lm(b["input_ids"])
        shift_logits = logits[:, :-1]
        shift_labels = b["input_ids"][:, 1:]
        shift_mask = b["attention_mask"][:, :-1]
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=shift_labels, logits=shift_logits)
        return tf.reduce_sum(loss * shift_mask) / tf.reduce_sum(shift_mask)

    return {"variables": [emb, out], "batch": batch, "reference": reference, "candidate": candidate}
