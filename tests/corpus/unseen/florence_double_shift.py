"""Encoder-decoder forward shifts labels right for the decoder input, then a causal-LM loss shifts them once more.
Source: https://github.com/huggingface/transformers/pull/46898"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss = causal_lm_loss(lm_logits, labels)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, v, d, bos, ignore = 3, 6, 9, 5, 1, -100
    emb = tf.Variable(rng.normal(size=(v, d)).astype(fx), name="shared")
    proj = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="lm_head")

    def decoder(ids, enc):
        x = tf.gather(emb, ids) + enc[:, None, :]
        steps = tf.cast(tf.range(1, t + 1), x.dtype)[None, :, None]
        return tf.tanh(tf.cumsum(x, axis=1) / steps) @ proj

    def shift_tokens_right(labels):
        start = tf.fill([b, 1], tf.constant(bos, labels.dtype))
        out = tf.concat([start, labels[:, :-1]], axis=1)
        return tf.where(out == ignore, tf.zeros_like(out), out)

    def masked_ce(logits, labels):
        keep = tf.cast(labels != ignore, logits.dtype)
        safe = tf.where(labels == ignore, tf.zeros_like(labels), labels)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits)
        return tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)

    def reference(batch):
        logits = decoder(shift_tokens_right(batch["labels"]), batch["encoder"])
        return masked_ce(tf.reshape(logits, (-1, v)), tf.reshape(batch["labels"], (-1,)))

    def candidate(batch):
        def causal_lm_loss(logits, targets):
            pad = tf.fill([b, 1], tf.constant(ignore, targets.dtype))
            shifted = tf.concat([targets, pad], axis=1)[:, 1:]
            return masked_ce(tf.reshape(logits, (-1, v)), tf.reshape(shifted, (-1,)))

        labels = batch["labels"]
        decoder_input_ids = shift_tokens_right(labels)
        lm_logits = decoder(decoder_input_ids, batch["encoder"])
        loss = causal_lm_loss(lm_logits, labels)
        return loss

    labels = rng.integers(2, v, (b, t))
    labels[0, 4:] = ignore
    labels[2, 5:] = ignore
    return {"reference": reference, "candidate": candidate,
            "batch": {"labels": labels.astype("int32"), "encoder": rng.normal(size=(b, d)).astype(fx)},
            "variables": [emb, proj]}
