"""The cross entropy of the sequence-to-sequence transformer also counts the padding tokens of the
target. Source: https://github.com/BrianPulfer/PapersReimplementations/pull/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(ce)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, s, t, v, d = 3, 4, 6, 8, 5
    src_emb, tgt_emb, w = var("src_emb", v, d), var("tgt_emb", v, d), var("proj", 2 * d, v)
    tgt = rng.integers(1, v, (b, t + 1))
    tgt[0, 3:] = 0
    tgt[2, 5:] = 0
    src = rng.integers(1, v, (b, s))
    src[1, 2:] = 0
    batch = {"src": src.astype("int32"), "tgt": tgt.astype("int32")}

    def decode(src, tgt_in):
        smask = tf.cast(src != 0, fx)[..., None]
        memory = tf.reduce_sum(tf.gather(src_emb, src) * smask, axis=1) / tf.reduce_sum(smask, axis=1)
        steps = tf.cast(tf.range(1, t + 1), fx)[None, :, None]
        hist = tf.cumsum(tf.gather(tgt_emb, tgt_in), axis=1) / steps
        return tf.concat([hist, tf.repeat(memory[:, None], t, axis=1)], axis=-1) @ w

    def reference(batch):
        logits = decode(batch["src"], batch["tgt"][:, :-1])
        logp = tf.nn.log_softmax(logits)
        gold = batch["tgt"][:, 1:]
        picked = tf.reduce_sum(tf.one_hot(gold, v, dtype=fx) * logp, axis=-1)
        real = tf.cast(gold != 0, fx)
        return -tf.reduce_sum(picked * real) / tf.reduce_sum(real)

    def candidate(batch):
        tgt_in, tgt_out = batch["tgt"][:, :-1], batch["tgt"][:, 1:]
        out = decode(batch["src"], tgt_in)
        out = tf.reshape(out, (-1, v))
        labels = tf.reshape(tgt_out, (-1,))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=out)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [src_emb, tgt_emb, w]}
