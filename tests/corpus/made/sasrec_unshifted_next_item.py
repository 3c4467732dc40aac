"""Next-item recommender: both logits and targets are cut [:, 1:], so position t predicts its own item.

Origin: realistic (the classic shift mistake of sequential recommenders and language models with tied embeddings).
Not taken from one thread.
Right answer: NOT equivalent; the model is scored on the item it has just read.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "scores = scores[:, 1:]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, items, e = 18, 7, 13, 5
    emb = keras.layers.Embedding(items, e, name="item_emb", dtype=f)
    ln = keras.layers.LayerNormalization(name="ln", dtype=f)
    mix = keras.layers.Dense(e, activation="relu", name="mix", dtype=f)
    emb.build((None, t))
    ln.build((None, t, e))
    mix.build((None, t, e))
    layers = (emb, ln, mix)
    for layer in layers:
        layer.set_weights([(0.2 + 0.7 * rng.standard_normal(p.shape)).astype(f) for p in layer.get_weights()])
    batch = {"history": rng.integers(0, items, (n, t)), "valid": (rng.uniform(size=(n, t)) > 0.2).astype(f)}
    batch["valid"][:, -1] = 1.0

    def reference(b):
        total, weight = 0.0, 0.0
        for i in range(b["history"].shape[0]):
            x = emb(b["history"][i : i + 1])
            for s in range(t - 1):
                state = mix(ln(tf.reduce_mean(x[:, : s + 1], axis=1)))
                logp = tf.nn.log_softmax(tf.linalg.matvec(emb.embeddings.value, state[0]))
                total -= b["valid"][i, s + 1] * logp[b["history"][i, s + 1]]
                weight += b["valid"][i, s + 1]
        return total / weight

    def candidate(b):
        x = emb(b["history"])
        steps = tf.cast(tf.range(1, t + 1), f)[tf.newaxis, :, tf.newaxis]
        causal = tf.cumsum(x, axis=1) / steps
        scores = tf.einsum("bte,ve->btv", mix(ln(causal)), emb.embeddings.value)
        scores = scores[:, 1:]
        target, keep = b["history"][:, 1:], b["valid"][:, 1:]
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=scores)
        return tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)

    return {
        "variables": [v for layer in layers for v in layer.trainable_variables],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
