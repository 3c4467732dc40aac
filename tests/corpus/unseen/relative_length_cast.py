"""Relative target lengths are multiplied by the padded length and cast to int without rounding, so some utterances lose
their last label. Source: https://github.com/speechbrain/speechbrain/issues/1129"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "abs_lens = tf.cast(batch[\"rel_lens\"] * max_len, tf.int32)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    best = None
    for t in range(6, 120):
        rel = (np.arange(1, t + 1) / t).astype(fx)
        low = [k for k in range(1, 6) if int(rel[k - 1] * np.asarray(t, fx)) < k]
        if low:
            best = (t, low)
            break
    t, low = best
    b, v, d = 4, 5, 4
    lens = np.array([low[0], t // 2, t, low[0]])
    w = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="ctc_lin")
    bias = tf.Variable(rng.normal(size=(v,)).astype(fx), name="ctc_bias")

    def reference(batch):
        loss = 0.0
        total = tf.shape(batch["feats"])[1]
        for i in range(b):
            k = int(tf.round(batch["rel_lens"][i] * tf.cast(total, batch["rel_lens"].dtype)))
            lp = tf.nn.log_softmax(batch["feats"][i, :k] @ w + bias)
            loss -= tf.reduce_sum(tf.gather(lp, batch["tokens"][i, :k], axis=1, batch_dims=1))
        return loss / b

    def candidate(batch):
        feats = batch["feats"]
        max_len = tf.cast(tf.shape(feats)[1], feats.dtype)
        abs_lens = tf.cast(batch["rel_lens"] * max_len, tf.int32)
        mask = tf.sequence_mask(abs_lens, tf.shape(feats)[1], dtype=feats.dtype)
        logits = tf.einsum("btd,dv->btv", feats, w) + bias
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tokens"], logits=logits)
        per_utterance = tf.reduce_sum(nll * mask, axis=1)
        return tf.reduce_mean(per_utterance)

    feats = rng.normal(size=(b, t, d))
    feats[0, low[0] - 1] *= 8
    feats[3, low[0] - 1] *= 8
    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats.astype(fx), "tokens": rng.integers(0, v, (b, t)).astype("int32"),
                      "rel_lens": (lens / t).astype(fx)},
            "variables": [w, bias]}
