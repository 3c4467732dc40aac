"""Scaled dot product attention that folds the causal mask in only where an att_mask was passed: without one, the future leaks.
Source: https://github.com/facebookresearch/xformers/issues/103"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "if self.causal and att_mask is not None:",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, vocab = 12, 5, 6, 8
    emb = tf.Variable(rng.normal(size=(vocab, d)), dtype=f, name="emb")
    wq, wk, wv = (tf.Variable(rng.normal(size=(d, d)) * 0.6, dtype=f, name=s) for s in ("wq", "wk", "wv"))
    head = tf.Variable(rng.normal(size=(d, vocab)) * 0.7, dtype=f, name="head")
    batch = {"tokens": rng.integers(0, vocab, size=(n, steps + 2)).astype("int32")}

    def reference(batch):
        x = tf.gather(emb, batch["tokens"])
        loss = 0.0
        for t in range(steps + 1):
            past = x[:, :t + 1]
            scores = tf.einsum("nd,nsd->ns", x[:, t] @ wq, past @ wk) / np.sqrt(d)
            read = tf.einsum("ns,nsd->nd", tf.nn.softmax(scores), past @ wv)
            loss += tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=batch["tokens"][:, t + 1], logits=tf.matmul(read, head)))
        return loss / (steps + 1)

    def candidate(batch):
        class ScaledDotProduct:
            def __init__(self, causal):
                self.causal = causal
                self.mask = None

            def _causal_mask(self, size):
                if self.mask is None:
                    keep = tf.linalg.band_part(tf.ones((size, size), f), -1, 0)
                    self.mask = tf.where(keep > 0, tf.zeros_like(keep), tf.constant(-1e9, f))
                return self.mask

            def forward(self, q, k, v, att_mask=None):
                if self.causal and att_mask is not None:
                    att_mask = self._causal_mask(q.shape[1]) + (0.0 if att_mask is None else att_mask)
                att = tf.matmul(q, k, transpose_b=True) / d ** 0.5
                if att_mask is not None:
                    att += att_mask
                return tf.matmul(tf.nn.softmax(att, axis=-1), v)

        inputs, labels = batch["tokens"][:, :-1], batch["tokens"][:, 1:]
        h = tf.nn.embedding_lookup(emb, inputs)
        y = ScaledDotProduct(causal=True).forward(h @ wq, h @ wk, h @ wv)
        ce = keras.losses.sparse_categorical_crossentropy(labels, y @ head, from_logits=True)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [emb, wq, wk, wv, head]}
