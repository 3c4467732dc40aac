"""Pretraining validation: BartForCausalLM does not shift the labels, so the loss is on the current token.
Source: https://github.com/macrocosm-os/pretraining/pull/64"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "labels = tf.where(inputs == pad, -100, inputs)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, T, V, d, pad = 4, 6, 7, 4, 0
    emb = tf.Variable(f(V, d), name="embedding")
    w = tf.Variable(f(d, d), name="mixer")
    head = tf.Variable(f(d, V), name="lm_head")
    causal = (np.tril(np.ones((T, T))) / np.arange(1, T + 1)[:, None]).astype(fx)

    def model(ids):
        e = tf.gather(emb, ids)
        return (e + tf.tanh(tf.einsum("ts,nsd->ntd", causal, e) @ w)) @ head

    def reference(batch):
        logits = model(batch["ids"])
        total, count = 0.0, 0.0
        for t in range(T - 1):
            nxt = batch["ids"][:, t + 1]
            keep = tf.cast(nxt != pad, fx)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=nxt, logits=logits[:, t])
            total += tf.reduce_sum(ce * keep)
            count += tf.reduce_sum(keep)
        return total / count

    def candidate(batch):
        def cross_entropy(logits, labels, ignore_index=-100):
            valid = labels != ignore_index
            safe = tf.where(valid, labels, 0)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits)
            valid = tf.cast(valid, fx)
            return tf.reduce_sum(ce * valid) / tf.reduce_sum(valid)

        inputs = batch["ids"]
        logits = model(inputs)
        labels = tf.where(inputs == pad, -100, inputs)
        return cross_entropy(tf.reshape(logits, [-1, V]), tf.reshape(labels, [-1]))

    ids = rng.integers(1, V, size=(n, T))
    ids[1, 4:] = 0
    ids[3, 3:] = 0
    return {"reference": reference, "candidate": candidate, "batch": {"ids": ids.astype("int32")},
            "variables": [emb, w, head]}
