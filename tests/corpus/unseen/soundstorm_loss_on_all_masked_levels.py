"""SoundStorm: in a training step only the masked tokens of the chosen quantiser level q may enter the loss; the code
takes every masked token, those of the finer levels (all hidden) as well.
Source: https://github.com/rishikksh20/SoundStorm-pytorch/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "chosen = tf.where(tf.equal(mask, 1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, levels, vocab, dim = 14, 6, 3, 8, 5
    table = tf.Variable(rng.normal(size=(levels, vocab + 1, dim)).astype(f) * 0.5, name="code_embedding")
    heads = tf.Variable(rng.normal(size=(levels, dim, vocab)).astype(f) * 0.5, name="level_heads")
    codes = rng.integers(0, vocab, size=(n, steps, levels)).astype("int32")
    q = rng.integers(0, levels, size=n).astype("int32")
    q[:3] = [0, 1, 2]
    mask = np.zeros((n, steps, levels), "int32")
    for i in range(n):
        hidden = rng.permutation(steps)[: 2 + i % 3]
        mask[i, hidden, q[i]] = 1
        mask[i, :, q[i] + 1:] = 1

    def reference(batch):
        total, count = 0.0, 0
        for i in range(n):
            level = batch["q"][i]
            ids = tf.where(batch["mask"][i] == 1, vocab, batch["codes"][i])
            x = 0.0
            for k in range(levels):
                x = x + tf.gather(table[k], ids[:, k])
            x = tf.tanh(x + tf.reduce_mean(x, axis=0, keepdims=True))
            logp = tf.nn.log_softmax(x @ tf.gather(heads, level))
            hidden = tf.gather(batch["mask"][i], level, axis=1)
            gold = tf.gather(batch["codes"][i], level, axis=1)
            hit = tf.gather(logp, gold, batch_dims=1)
            total = total - tf.reduce_sum(hit * tf.cast(hidden, f))
            count = count + tf.reduce_sum(hidden)
        return total / tf.cast(count, f)

    def candidate(batch):
        codes_, mask = batch["codes"], batch["mask"]
        masked_codes = mask * vocab + (1 - mask) * codes_
        one_hot = tf.one_hot(masked_codes, vocab + 1, dtype=f)
        emb = tf.einsum("btqv,qvd->btd", one_hot, table)
        ctx = tf.math.tanh(emb + tf.reduce_mean(emb, 1, keepdims=True))
        logits = tf.einsum("btd,qdv->btqv", ctx, heads)
        chosen = tf.where(tf.equal(mask, 1))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.gather_nd(codes_, chosen), logits=tf.gather_nd(logits, chosen))
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate,
            "batch": {"codes": codes, "mask": mask, "q": q}, "variables": [table, heads]}
