"""GPT and GPT-2 compute the language modelling loss without shifting: the i-th logits
should predict the token i+1. Source: https://github.com/huggingface/transformers/pull/404"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'flat_labels = tf.reshape(lm_labels[:, :-1], [-1])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, t, d, vocab = 3, 6, 5, 8
    emb = var("emb", vocab, d)
    mix = var("mix", d, d)
    head = var("head", d, vocab)
    ids = rng.integers(1, vocab, (n, t)).astype("int32")
    ids[1, 4:] = 0
    lm = np.where(ids == 0, -1, ids).astype("int32")

    def transformer(tokens):
        e = tf.gather(emb, tokens)
        steps = tf.reshape(tf.range(1, t + 1), [1, t, 1])
        ctx = tf.cumsum(e, axis=1) / tf.cast(steps, e.dtype)
        return tf.einsum("ntd,dv->ntv", tf.tanh(tf.einsum("ntd,de->nte", ctx, mix)), head)

    def reference(batch):
        logp = tf.nn.log_softmax(transformer(batch["ids"]))
        total, count = 0.0, 0.0
        for i in range(n):
            for s in range(t - 1):
                nxt = batch["lm_labels"][i, s + 1]
                ok = tf.cast(nxt >= 0, logp.dtype)
                total -= ok * logp[i, s, tf.maximum(nxt, 0)]
                count += ok
        return total / count

    def candidate(batch):
        lm_labels = batch["lm_labels"]
        lm_logits = transformer(batch["ids"])
        flat_logits = tf.reshape(lm_logits[:, :-1], [-1, vocab])
        flat_labels = tf.reshape(lm_labels[:, :-1], [-1])
        valid = tf.cast(tf.not_equal(flat_labels, -1), lm_logits.dtype)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.nn.relu(flat_labels), logits=flat_logits)
        return tf.reduce_sum(ce * valid) / tf.reduce_sum(valid)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": ids, "lm_labels": lm}, "variables": [emb, mix, head]}
