"""Micro batches: the losses of the micro batches are added without dividing; instead every gradient is scaled by micro/batch.

Source (real): https://github.com/lukas-blecher/LaTeX-OCR/pull/148 (PyTorch, `p.grad = p.grad * microbatch / batchsize`, ported).
Right answer: EQUIVALENT. The loss that is reported is larger, but the gradient is that of the mean over the batch, as the thread concludes.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, vocab, microbatch = 24, 5, 7, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.5 * arr(d, hid), name="encoder")
    dec = tf.Variable(0.5 * arr(hid, vocab), name="decoder")
    bias = tf.Variable(0.2 * arr(vocab), name="decoder_bias")
    batch = {"im": arr(n, d), "tok": rng.integers(0, vocab, n)}

    def reference(b):
        logits = tf.nn.gelu(b["im"] @ enc) @ dec + bias
        logp = logits - tf.reduce_logsumexp(logits, axis=1, keepdims=True)
        return -tf.reduce_mean(tf.reduce_sum(tf.one_hot(b["tok"], vocab, dtype=logp.dtype) * logp, axis=1))

    def candidate(b):
        batchsize = b["im"].shape[0]

        @tf.custom_gradient
        def rescale_grad(p):
            return tf.identity(p), lambda grad: grad * (microbatch / batchsize)

        params = [rescale_grad(tf.convert_to_tensor(p)) for p in (enc, dec, bias)]

        def model(im):
            return tf.matmul(tf.nn.gelu(tf.matmul(im, params[0])), params[1]) + params[2]

        total_loss = 0.0
        for j in range(0, batchsize, microbatch):
            tgt_seq, im = b["tok"][j : j + microbatch], b["im"][j : j + microbatch]
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tgt_seq, logits=model(im))
            total_loss += tf.reduce_mean(loss)
        return total_loss

    return {"variables": [enc, dec, bias], "batch": batch, "reference": reference, "candidate": candidate}
