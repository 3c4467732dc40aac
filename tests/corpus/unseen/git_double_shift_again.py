"""GitForCausalLM shifts labels by hand and the loss function shifts them again: position t learns token t+2.
Source: https://github.com/huggingface/transformers/pull/47395"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "labels = labels[:, 1:]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, n_img, n_tok, d, vocab = 3, 2, 7, 6, 9
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx), name="emb")
    img_w = tf.Variable(rng.normal(size=(4, d)).astype(fx), name="img_w")
    head = tf.Variable(rng.normal(size=(d, vocab)).astype(fx), name="head")

    def decoder(batch):
        img = tf.einsum("bpk,kd->bpd", batch["pixels"], img_w)
        tok = tf.gather(emb, batch["input_ids"])
        seq = tf.concat([img, tok], axis=1)
        steps = tf.cast(tf.range(1, n_img + n_tok + 1), seq.dtype)
        return tf.einsum("btd,dv->btv", tf.tanh(tf.cumsum(seq, axis=1) / steps[None, :, None]), head)

    def reference(batch):
        logits = decoder(batch)
        total, count = 0.0, 0.0
        for t in range(n_tok - 1):
            target = batch["labels"][:, t + 1]
            ok = tf.cast(target >= 0, logits.dtype)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(target, 0), logits[:, n_img + t])
            total += tf.reduce_sum(ce * ok)
            count += tf.reduce_sum(ok)
        return total / count

    def candidate(batch):
        def causal_lm_loss(logits, labels):
            ignore = -tf.ones_like(labels[:, :1])
            shifted = tf.concat([labels[:, 1:], ignore], axis=1)
            flat_labels = tf.reshape(shifted, [-1])
            flat_logits = tf.reshape(logits, [-1, vocab])
            keep = tf.cast(flat_labels >= 0, flat_logits.dtype)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(flat_labels, 0), flat_logits)
            return tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)

        logits = decoder(batch)
        labels = batch["labels"]
        shifted_logits = logits[:, n_img:-1, :]
        labels = labels[:, 1:]
        return causal_lm_loss(shifted_logits, labels)

    ids = rng.integers(0, vocab, size=(n, n_tok))
    labels = ids.copy()
    labels[1, 5:] = -1
    return {"reference": reference, "candidate": candidate,
            "batch": {"pixels": rng.normal(size=(n, n_img, 4)).astype(fx), "input_ids": ids.astype("int32"),
                      "labels": labels.astype("int32")},
            "variables": [emb, img_w, head]}
