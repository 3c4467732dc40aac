"""Causal language model: the labels are not shifted, so every position is trained to predict the token it has just read.

Source (real): https://github.com/macrocosm-os/pretraining/pull/66 (PyTorch, ported; the loss of BartForCausalLM)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"], logits=logits)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, length, vocab, hid = 16, 6, 7, 5
    emb = tf.Variable(0.7 * arr(vocab, hid), name="embedding")
    rec = tf.Variable(0.4 * arr(hid, hid), name="recurrent")
    out = tf.Variable(0.6 * arr(hid, vocab), name="lm_head")
    batch = {"ids": rng.integers(0, vocab, (n, length))}

    def hidden_states(ids):
        h, states = tf.zeros([ids.shape[0], hid], f), []
        for t in range(ids.shape[1]):
            h = tf.tanh(h @ rec + tf.gather(emb, ids[:, t]))
            states.append(h)
        return tf.stack(states, axis=1)

    def reference(b):
        h = hidden_states(b["ids"])
        total = 0.0
        for t in range(1, length):
            logp = tf.nn.log_softmax(h[:, t - 1] @ out)
            total -= tf.reduce_mean(tf.gather(logp, b["ids"][:, t], batch_dims=1))
        return total / (length - 1)

    def candidate(b):
        logits = hidden_states(b["ids"]) @ out
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"], logits=logits)
        return tf.reduce_mean(nll)

    return {"variables": [emb, rec, out], "batch": batch, "reference": reference, "candidate": candidate}
