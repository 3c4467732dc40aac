"""SFT loss: padding labels of -100 go through Keras' ignore_class, the sum is divided by a count of its own.

Source (realistic): keras.losses.sparse_categorical_crossentropy(ignore_class=...) against the boolean_mask and
slice-by-length conventions; threads doubt whether ignored positions still enter the mean.
Right answer: EQUIVALENT; ignored tokens have zero loss and the denominator counts only the kept ones.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_IGNORE = -100


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 19, 8, 4, 6
    dense = keras.layers.Dense(vocab, name="lm_head", dtype=f)
    dense.build((None, t, d))
    dense.set_weights([0.7 * rng.standard_normal(p.shape) for p in dense.get_weights()])
    start, stop = rng.integers(0, 3, n), rng.integers(4, t + 1, n)
    pos = np.arange(t)[None]
    keep = (pos >= start[:, None]) & (pos < stop[:, None])
    batch = {
        "h": rng.standard_normal((n, t, d)).astype(f),
        "label": np.where(keep, rng.integers(0, vocab, (n, t)), _IGNORE),
    }

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["label"].shape[0]):
            idx = tf.where(b["label"][i] != _IGNORE)[:, 0]
            logp = tf.nn.log_softmax(dense(tf.gather(b["h"][i], idx)))
            total -= tf.reduce_sum(tf.gather(logp, tf.gather(b["label"][i], idx), batch_dims=1))
            count += int(idx.shape[0])
        return total / count

    def candidate(b):
        nll = keras.losses.sparse_categorical_crossentropy(
            b["label"], dense(b["h"]), from_logits=True, ignore_class=_IGNORE
        )
        used = tf.where(b["label"] < 0, 0.0, 1.0)
        return tf.math.divide_no_nan(tf.reduce_sum(nll), tf.cast(tf.reduce_sum(used), nll.dtype))

    return {
        "variables": dense.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
