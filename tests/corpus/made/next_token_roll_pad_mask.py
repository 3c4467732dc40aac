"""Next-token loss with tf.roll of the tokens instead of slices; the wrapped last position and the padding are removed
by an inverted (True means ignore) mask.

Source: realistic (roll-based shifting is reported as leaking the first token into the last target).
Right answer: EQUIVALENT; the wrapped target is always ignored.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 17, 8, 4, 6
    table = tf.Variable((0.6 * rng.standard_normal((vocab, d))).astype(f), name="tok_emb")
    head = tf.Variable((0.6 * rng.standard_normal((d, vocab))).astype(f), name="lm_head")
    lengths = rng.integers(3, t + 1, n)
    lengths[:2] = t
    batch = {
        "tok": rng.integers(0, vocab, (n, t)).astype("int32"),
        "pad": np.arange(t)[None] >= lengths[:, None],
    }

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["tok"].shape[0]):
            for s in range(t - 1):
                if not bool(b["pad"][i, s + 1]):
                    z = tf.tanh(table[b["tok"][i, s]])[None] @ head
                    total -= tf.nn.log_softmax(z)[0, b["tok"][i, s + 1]]
                    count += 1
        return total / count

    def candidate(b):
        logits = tf.tensordot(tf.tanh(tf.gather(table, b["tok"])), head, 1)
        target = tf.roll(b["tok"], shift=-1, axis=1)
        ignore = tf.logical_or(
            tf.roll(b["pad"], shift=-1, axis=1),
            tf.equal(tf.range(t), t - 1)[None, :],
        )
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)
        kept = tf.where(ignore, tf.zeros_like(ce), ce)
        return tf.reduce_sum(kept) / tf.cast(tf.math.count_nonzero(~ignore), ce.dtype)

    return {"variables": [table, head], "batch": batch, "reference": reference, "candidate": candidate}
