"""Padded sequence tagging: the mask passed as sample_weight, reduction left at sum_over_batch_size.

Source (real): https://github.com/keras-team/keras/issues/19740, tensorflow/tensorflow issues 34491 and 26784.
Right answer: NOT equivalent to the mean over valid steps: Keras divides by all n*t entries, padding included.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return loss_fn(b["tags"], logits, sample_weight=mask)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, e, tags = 15, 8, 11, 5, 4
    emb = keras.layers.Embedding(vocab, e, name="emb", dtype=f)
    out = keras.layers.Dense(tags, name="tagger", dtype=f)
    emb.build((None, t))
    out.build((None, t, e))
    for layer in (emb, out):
        layer.set_weights([0.7 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    lengths = rng.integers(1, t - 2, n)
    ids = rng.integers(1, vocab, (n, t))
    ids[np.arange(t)[None] >= lengths[:, None]] = 0
    batch = {"ids": ids, "tags": rng.integers(0, tags, (n, t))}

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["ids"].shape[0]):
            k = int(tf.math.count_nonzero(b["ids"][i]))
            logp = tf.nn.log_softmax(out(emb(b["ids"][i : i + 1, :k])))[0]
            total -= tf.reduce_sum(tf.gather(logp, b["tags"][i, :k], batch_dims=1))
            count += k
        return total / count

    def candidate(b):
        mask = tf.cast(tf.not_equal(b["ids"], 0), f)
        logits = out(emb(b["ids"]))
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return loss_fn(b["tags"], logits, sample_weight=mask)

    return {
        "variables": emb.trainable_variables + out.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
