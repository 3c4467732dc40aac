"""TOFU unlearning, method dpo: the preference loss that was built is thrown away again two lines below.
Source: https://github.com/locuslab/open-unlearning/issues/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = -tf.reduce_mean(idk_current)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, v, d, ignore = 4, 6, 9, 5, -100
    emb = keras.Variable((0.8 * rng.standard_normal((v, d))).astype(f), name="emb")
    head = keras.Variable((0.8 * rng.standard_normal((d, v))).astype(f), name="head")
    emb0 = tf.constant((0.8 * rng.standard_normal((v, d))).astype(f))
    head0 = tf.constant((0.8 * rng.standard_normal((d, v))).astype(f))

    def lm(ids, table, w):
        h = tf.gather(tf.convert_to_tensor(table), ids)
        h = tf.cumsum(h, axis=1) / tf.cast(tf.range(1, t + 1), f)[None, :, None]
        return tf.matmul(tf.tanh(h), tf.convert_to_tensor(w))

    def seq_logp(ids, labels, table, w):
        lp = tf.nn.log_softmax(lm(ids, table, w)[:, :-1])
        y = labels[:, 1:]
        keep = tf.cast(y != ignore, f)
        return tf.reduce_sum(tf.gather(lp, tf.maximum(y, 0), batch_dims=2) * keep, axis=1)

    def reference(batch):
        margin = 0.0
        for sign, k in ((1.0, "idk"), (-1.0, "forget")):
            pol = seq_logp(batch[k], batch[k + "_labels"], emb, head)
            ref = seq_logp(batch[k], batch[k + "_labels"], emb0, head0)
            margin += sign * (pol - ref)
        return tf.reduce_mean(tf.nn.softplus(-0.1 * margin))

    def candidate(batch):
        idk_ids, idk_labels = batch["idk"], batch["idk_labels"]
        forget_ids, forget_labels = batch["forget"], batch["forget_labels"]
        idk_oracle = seq_logp(idk_ids, idk_labels, emb0, head0)
        forget_oracle = seq_logp(forget_ids, forget_labels, emb0, head0)
        idk_current = seq_logp(idk_ids, idk_labels, emb, head)
        forget_current = seq_logp(forget_ids, forget_labels, emb, head)
        pi_logratios = idk_current - forget_current
        ref_logratios = idk_oracle - forget_oracle
        beta = 0.1
        loss = -tf.reduce_mean(tf.math.log_sigmoid(beta * (pi_logratios - ref_logratios)))
        loss = -tf.reduce_mean(idk_current)
        return loss

    def lab(x):
        y = x.copy(); y[:, :2] = ignore; y[1, 5:] = ignore
        return y
    a, b = (rng.integers(0, v, (n, t)).astype("int32") for _ in range(2))
    return {"reference": reference, "candidate": candidate,
            "batch": {"idk": a, "idk_labels": lab(a), "forget": b, "forget_labels": lab(b)},
            "variables": [emb, head]}
