"""InfoNCE with a learned temperature and a ragged number of hard negatives.
Padded candidates are set to -inf before the division by the temperature: the loss is finite, the temperature's gradient is not.
Source: https://github.com/NVIDIA-NeMo/Automodel/pull/3850"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "logits = tf.concat([positive, hard], axis=1) / temperature",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, k, din, d = 12, 4, 5, 3
    query = rng.normal(size=(n, din)).astype(f)
    doc = rng.normal(size=(n, din)).astype(f)
    negs = rng.normal(size=(n, k, din)).astype(f)
    count = rng.integers(1, k + 1, size=n)
    count[0] = 1
    valid = np.arange(k)[None, :] < count[:, None]
    wq = tf.Variable(rng.normal(size=(din, d)).astype(f), name="wq")
    wd = tf.Variable(rng.normal(size=(din, d)).astype(f), name="wd")
    temperature = tf.Variable(np.asarray(0.5, dtype=f), name="temperature")

    def unit(z):
        return tf.math.l2_normalize(z, axis=-1)

    def reference(batch):
        q = unit(batch["query"] @ wq)
        losses = []
        for i in range(n):
            pool = tf.concat([batch["doc"][i:i + 1], tf.boolean_mask(batch["negs"][i], batch["valid"][i])], axis=0)
            sims = tf.linalg.matvec(unit(pool @ wd), q[i]) / temperature
            losses.append(tf.reduce_logsumexp(sims) - sims[0])
        return tf.add_n(losses) / n

    def candidate(batch):
        q = unit(tf.matmul(batch["query"], wq))
        p = unit(tf.matmul(batch["doc"], wd))
        h = unit(tf.einsum("nki,id->nkd", batch["negs"], wd))
        positive = tf.reduce_sum(q * p, axis=1, keepdims=True)
        hard = tf.einsum("nd,nkd->nk", q, h)
        hard = tf.where(batch["valid"], hard, tf.constant(-np.inf, dtype=f))
        logits = tf.concat([positive, hard], axis=1) / temperature
        log_den = tf.reduce_logsumexp(logits, axis=1)
        return tf.reduce_mean(log_den - logits[:, 0])

    return {"reference": reference, "candidate": candidate,
            "batch": {"query": query, "doc": doc, "negs": negs, "valid": valid}, "variables": [wq, wd, temperature]}
