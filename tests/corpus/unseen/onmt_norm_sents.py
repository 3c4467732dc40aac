"""With '-normalization tokens' the accumulated loss is still divided by the number of sentences. Source: https://github.com/OpenNMT/OpenNMT-py/pull/526"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'normalization += tf.shape(shard_tgt)[0]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, T, D, V, PAD = 6, 5, 4, 7, 0
    emb = var("emb", V, D)
    gen = var("gen", D, V)

    def reference(batch):
        tgt_in, tgt_out = batch["tgt"][:, :-1], batch["tgt"][:, 1:]
        hidden = tf.tanh(tf.gather(emb, tgt_in) + batch["ctx"][:, None, :])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tgt_out, logits=hidden @ gen)
        keep = tf.cast(tgt_out != PAD, nll.dtype)
        return tf.reduce_sum(nll * keep) / tf.reduce_sum(keep)

    def candidate(batch):
        normalization = 0
        loss = 0.0
        for start in range(0, n, 2):
            shard_tgt = batch["tgt"][start:start + 2]
            ctx = batch["ctx"][start:start + 2]
            dec_in, gold = shard_tgt[:, :-1], shard_tgt[:, 1:]
            scores = tf.tanh(tf.nn.embedding_lookup(emb, dec_in) + ctx[:, None]) @ gen
            logp = tf.nn.log_softmax(tf.reshape(scores, [-1, V]))
            gold = tf.reshape(gold, [-1])
            weight = tf.ones([V], logp.dtype) - tf.one_hot(PAD, V, dtype=logp.dtype)
            picked = tf.gather(logp, gold, axis=1, batch_dims=1)
            loss -= tf.reduce_sum(picked * tf.gather(weight, gold))
            normalization += tf.shape(shard_tgt)[0]
        return loss / tf.cast(normalization, loss.dtype)

    tgt = rng.integers(1, V, (n, T))
    tgt[1, 3:] = PAD
    tgt[4, 2:] = PAD
    return {"reference": reference, "candidate": candidate,
            "batch": {"tgt": tgt, "ctx": rng.standard_normal((n, D)).astype(fx)}, "variables": [emb, gen]}
