"""The loss takes logits and targets at the same position, which the reporter calls wrong for next-token prediction; the loader
has shifted the targets already. Source: https://github.com/karpathy/llm.c/issues/799"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, seq, vocab, dim = 3, 5, 7, 4
    wte = var("wte", vocab, dim, scale=1.0)
    wpe = var("wpe", seq, dim)
    mix = var("attn", dim, dim)
    tokens = rng.integers(0, vocab, (n, seq + 1)).astype("int32")

    def reference(batch):
        stream = batch["tokens"]
        total = 0.0
        for i in range(n):
            x = tf.gather(wte, stream[i, :seq]) + wpe
            for t in range(seq):
                a = tf.nn.softmax(tf.linalg.matvec(x[:t + 1], tf.linalg.matvec(mix, x[t], transpose_a=True)))
                h = x[t] + tf.linalg.matvec(x[:t + 1], a, transpose_a=True)
                scores = tf.linalg.matvec(wte, h)
                total += tf.reduce_logsumexp(scores) - scores[stream[i, t + 1]]
        return total / (n * seq)

    def candidate(batch):
        buf = batch["tokens"]
        x_ids, targets = buf[:, :-1], buf[:, 1:]
        x = tf.nn.embedding_lookup(wte, x_ids) + wpe[None]
        att = tf.matmul(tf.einsum("ntd,de->nte", x, mix), x, transpose_b=True)
        causal = tf.linalg.band_part(tf.ones((seq, seq), dtype=x.dtype), -1, 0)
        att = tf.nn.softmax(att - 1e9 * (1.0 - causal), axis=-1)
        x = x + tf.matmul(att, x)
        logits = tf.einsum("ntd,vd->ntv", x, wte)
        flat = tf.reshape(logits, (-1, vocab))
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(targets, (-1,)), logits=flat)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": tokens},
            "variables": [wte, wpe, mix]}
