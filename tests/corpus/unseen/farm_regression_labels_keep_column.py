"""The regression head squeezes its predictions to (n,) while the labels stay (n, 1), so every prediction meets every label.

Source (real): https://github.com/deepset-ai/FARM/issues/229
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'error = preds - b["label"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, vocab, d = 12, 7, 20, 6
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype("float32") * 0.7, name="embedding")
    att = tf.Variable(rng.normal(size=(d,)).astype("float32"), name="attention")
    head = tf.Variable(rng.normal(size=(d, 1)).astype("float32"), name="regression_head")
    lens = rng.integers(3, t + 1, size=n)
    batch = {
        "tokens": rng.integers(0, vocab, size=(n, t)).astype("int32"),
        "mask": (np.arange(t)[None] < lens[:, None]).astype("float32"),
        "label": rng.uniform(0.0, 4.0, size=(n, 1)).astype("float32"),
    }

    def pooled(tokens, mask):
        e = tf.gather(emb, tokens)
        logits = tf.einsum("ntd,d->nt", e, att) - 1e4 * (1.0 - mask)
        return tf.einsum("nt,ntd->nd", tf.nn.softmax(logits, axis=1), e)

    def reference(b):
        total = 0.0
        for i in range(n):
            pred = pooled(b["tokens"][i:i + 1], b["mask"][i:i + 1]) @ head
            total += tf.square(pred[0, 0] - b["label"][i, 0])
        return total / n

    def candidate(b):
        logits = pooled(b["tokens"], b["mask"]) @ head
        preds = tf.squeeze(logits, axis=-1)
        error = preds - b["label"]
        return tf.reduce_mean(tf.square(error))

    return {"variables": [emb, att, head], "batch": batch, "reference": reference, "candidate": candidate}
