"""Gradient accumulation: each micro step is divided by the final number of steps, suspected to have to be micro_step + 1.

Source (real): https://github.com/karpathy/nanoGPT/issues/605 (train.py, PyTorch, ported).
Right answer: EQUIVALENT to one large batch; with equal micro batches the sum of loss / steps is the mean over all tokens.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, block_size, vocab, emb, gradient_accumulation_steps = 24, 5, 9, 4, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wte = tf.Variable(0.8 * arr(vocab, emb), name="wte")
    wpe = tf.Variable(0.4 * arr(block_size, emb), name="wpe")
    c_attn = tf.Variable(0.6 * arr(emb, 3 * emb), name="c_attn")
    lm_head = tf.Variable(0.8 * arr(emb, vocab), name="lm_head")
    tokens = rng.integers(0, vocab, (n, block_size + 1))
    batch = {"X": tokens[:, :-1].copy(), "Y": tokens[:, 1:].copy()}

    def logits_of(X):
        x = tf.gather(wte, X) + wpe
        q, k, v = tf.split(x @ c_attn, 3, axis=-1)
        att = tf.matmul(q, k, transpose_b=True) / np.sqrt(emb)
        causal = tf.linalg.band_part(tf.ones([block_size, block_size], dtype=bool), -1, 0)
        att = tf.nn.softmax(tf.where(causal, att, -1e9))
        return (x + att @ v) @ lm_head

    def reference(b):
        log_p = tf.nn.log_softmax(logits_of(b["X"]))
        labels = tf.one_hot(b["Y"], vocab, dtype=log_p.dtype)
        return -tf.reduce_sum(labels * log_p) / (n * block_size)

    def candidate(b):
        def model(X, Y):
            logits = logits_of(X)
            flat = tf.reshape(logits, [-1, vocab])
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(Y, [-1]), logits=flat)
            return logits, tf.reduce_mean(ce)

        micro_batch = b["X"].shape[0] // gradient_accumulation_steps
        accumulated = 0.0
        X, Y = b["X"][:micro_batch], b["Y"][:micro_batch]
        for micro_step in range(gradient_accumulation_steps):
            logits, loss = model(X, Y)
            loss = loss / gradient_accumulation_steps
            start = (micro_step + 1) * micro_batch  # fetch the next batch
            X, Y = b["X"][start : start + micro_batch], b["Y"][start : start + micro_batch]
            accumulated += loss  # loss.backward()
        return accumulated

    return {"variables": [wte, wpe, c_attn, lm_head], "batch": batch, "reference": reference, "candidate": candidate}
