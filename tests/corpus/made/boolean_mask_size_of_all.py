"""Masked tagger: boolean_mask keeps the real tokens, but the sum is divided by the number of all positions.

Origin (realistic): named-entity tagger with padding; loss (and step size) falls with the share of padding.
Right answer: NOT equivalent; wrong denominator, tf.size of the unmasked tensor.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_sum(kept) / tf.cast(tf.size(nll), nll.dtype)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, e, tags = 14, 7, 9, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = keras.layers.Embedding(vocab, e, name="tok_emb", dtype=f)
    out = keras.layers.Dense(tags, name="tagger", dtype=f)
    emb.build((None,))
    out.build((None, None, e))
    for layer in (emb, out):
        layer.set_weights([0.8 * arr(*p.shape) for p in layer.get_weights()])
    length = rng.integers(2, t, n)
    batch = {
        "tok": rng.integers(0, vocab, (n, t)),
        "tag": rng.integers(0, tags, (n, t)),
        "mask": np.arange(t)[None] < length[:, None],
    }

    def reference(b):
        m, total, count = b["tok"].shape[0], 0.0, 0
        for i in range(m):
            logp = tf.nn.log_softmax(out(emb(b["tok"][i : i + 1])))[0]
            for j in range(t):
                if bool(b["mask"][i, j]):
                    total -= logp[j, b["tag"][i, j]]
                    count += 1
        return total / count

    def candidate(b):
        logits = out(emb(b["tok"]))
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["tag"], logits=logits)
        kept = tf.boolean_mask(nll, b["mask"])
        return tf.reduce_sum(kept) / tf.cast(tf.size(nll), nll.dtype)

    return {"variables": emb.trainable_variables + out.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
