"""Transformer LM: the attention mask (B, 1, T) is reused to mask the token losses (B, T).

Source (realistic): the TensorFlow "Transformer model for language understanding" tutorial keeps padding masks with
extra axes for the attention logits; forum threads report losses growing with the batch size after reusing them.
Right answer: NOT equivalent; (B, T) * (B, 1, T) is (B, B, T): every sequence's losses meet every sequence's mask.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return tf.reduce_sum(nll * pad) / tf.reduce_sum(pad)",
    "same_forward_value": False,
}


class SelfAttend(keras.layers.Layer):
    def __init__(self, dim, **kw):
        super().__init__(**kw)
        self.dim = dim

    def build(self, shape):
        self.wq = self.add_weight(name="wq", shape=(shape[-1], self.dim))
        self.wk = self.add_weight(name="wk", shape=(shape[-1], self.dim))
        self.built = True

    def call(self, x, pad):
        scores = tf.einsum("bqd,bkd->bqk", x @ self.wq, x @ self.wk) / self.dim**0.5
        return x + tf.nn.softmax(scores + (pad - 1.0) * 1e9, axis=-1) @ x


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 18, 7, 5, 6
    layer = SelfAttend(4, name="attend", dtype=f)
    layer.build((None, t, d))
    layer.set_weights([0.5 * rng.standard_normal(w.shape) for w in layer.get_weights()])
    head = tf.Variable((0.6 * rng.standard_normal((d, vocab))).astype(f), name="lm_head")
    length = rng.integers(2, t + 1, n)
    valid = np.arange(t)[None] < length[:, None]
    batch = {
        "x": rng.standard_normal((n, t, d)).astype(f),
        "label": np.where(valid, rng.integers(1, vocab, (n, t)), 0),
    }

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["label"].shape[0]):
            size = int(tf.math.count_nonzero(b["label"][i]))
            x = b["x"][i : i + 1, :size]
            logp = tf.nn.log_softmax(layer(x, tf.ones((1, 1, size), x.dtype)) @ head)[0]
            for s in range(size):
                total -= logp[s, b["label"][i, s]]
            count += size
        return total / count

    def candidate(b):
        pad = tf.cast(tf.not_equal(b["label"], 0), b["x"].dtype)[:, tf.newaxis, :]
        logits = layer(b["x"], pad) @ head
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits)
        return tf.reduce_sum(nll * pad) / tf.reduce_sum(pad)

    return {
        "variables": layer.trainable_variables + [head],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
