"""ORPO copies input_ids to the labels for the NLL of the whole sequence and leaves the padding in.
Source: https://github.com/huggingface/trl/pull/1625"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "labels = tf.identity(batch[\"input_ids\"])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d, beta, pad, ignore = 3, 6, 8, 5, 0.3, 0, -100
    emb = tf.Variable(rng.normal(size=(v, d)).astype(fx), name="emb")
    head = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="head")

    def lm(ids):
        return tf.gather(emb, ids) @ head

    def avg_logp(logits, labels):
        lab = labels[:, 1:]
        keep = lab != ignore
        lp = tf.nn.log_softmax(logits[:, :-1], axis=-1)
        tok = tf.gather(lp, tf.where(keep, lab, tf.zeros_like(lab)), axis=-1, batch_dims=2)
        m = tf.cast(keep, tok.dtype)
        return tf.reduce_sum(tok * m, axis=1) / tf.reduce_sum(m, axis=1)

    def odds_ratio(chosen, rejected):
        log_odds = (chosen - rejected) - (tf.math.log1p(-tf.exp(chosen)) - tf.math.log1p(-tf.exp(rejected)))
        return -tf.reduce_mean(beta * tf.math.log_sigmoid(log_odds))

    def reference(batch):
        logits = lm(batch["input_ids"])
        nll, count = 0.0, 0.0
        for i in range(b):
            real = int(tf.reduce_sum(batch["attention_mask"][i]))
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=batch["input_ids"][i, 1:real], logits=logits[i, :real - 1])
            nll += tf.reduce_sum(ce)
            count += real - 1
        lps = avg_logp(logits, batch["labels"])
        return nll / count + odds_ratio(lps[:b], lps[b:])

    def candidate(batch):
        def cross_entropy_loss(logits, labels):
            flat_logits = tf.reshape(logits[:, :-1], (-1, v))
            flat = tf.reshape(labels[:, 1:], (-1,))
            valid = tf.boolean_mask(flat, flat != ignore)
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=valid, logits=tf.boolean_mask(flat_logits, flat != ignore)))

        all_logits = lm(batch["input_ids"])
        all_logps = avg_logp(all_logits, batch["labels"])
        chosen_logps, rejected_logps = all_logps[:b], all_logps[b:]
        labels = tf.identity(batch["input_ids"])
        chosen_nll_loss = cross_entropy_loss(all_logits[:b], labels[:b])
        return chosen_nll_loss + odds_ratio(chosen_logps, rejected_logps)

    lens = np.array([6, 3, 4, 5, 6, 3])
    att = np.arange(t)[None] < lens[:, None]
    ids = np.where(att, rng.integers(1, v, (2 * b, t)), pad)
    lab = np.where(att & (np.arange(t)[None] >= 1), ids, ignore)
    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": ids.astype("int32"), "attention_mask": att.astype("int32"), "labels": lab.astype("int32")},
            "variables": [emb, head]}
