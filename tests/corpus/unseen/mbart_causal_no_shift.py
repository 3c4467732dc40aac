"""MBartForCausalLM compares the logits of a position with the token of the same position. Source: https://github.com/huggingface/transformers/issues/27517"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'shift_logits, shift_labels = logits, labels',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    B, T, V, D = 3, 6, 8, 4
    emb = var("emb", V, D)
    pos = var("pos", T, D)
    wq = var("wq", D, D)
    head = var("head", D, V)

    def reference(batch):
        x = tf.gather(emb, batch["input_ids"]) + pos
        s = tf.einsum("btd,bsd->bts", x @ wq, x) / D ** 0.5
        s = tf.where(tf.linalg.band_part(tf.ones([T, T], tf.bool), -1, 0), s, tf.constant(-1e9, s.dtype))
        lp = tf.nn.log_softmax((x + tf.nn.softmax(s) @ x) @ head)
        total, count = 0.0, 0.0
        for t in range(T - 1):
            gold = batch["labels"][:, t + 1]
            ok = tf.cast(gold != -100, lp.dtype)
            total -= tf.reduce_sum(ok * tf.gather(lp[:, t], tf.maximum(gold, 0), batch_dims=1))
            count += tf.reduce_sum(ok)
        return total / count

    def candidate(batch):
        labels = batch["labels"]
        x = tf.nn.embedding_lookup(emb, batch["input_ids"]) + pos[None]
        causal = tf.range(T)[:, None] >= tf.range(T)[None, :]
        scores = tf.matmul(tf.matmul(x, wq), x, transpose_b=True) * D ** -0.5
        scores += tf.where(causal, tf.zeros([], x.dtype), tf.constant(-1e9, x.dtype))
        logits = tf.matmul(x + tf.matmul(tf.nn.softmax(scores, axis=-1), x), head)
        shift_logits, shift_labels = logits, labels
        flat_logits = tf.reshape(shift_logits, [-1, V])
        flat_labels = tf.reshape(shift_labels, [-1])
        keep = tf.not_equal(flat_labels, -100)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.boolean_mask(flat_labels, keep), logits=tf.boolean_mask(flat_logits, keep))
        return tf.reduce_mean(ce)

    ids = rng.integers(0, V, (B, T))
    lab = ids.copy()
    lab[1, 4:] = -100
    return {"reference": reference, "candidate": candidate, "batch": {"input_ids": ids, "labels": lab},
            "variables": [emb, pos, wq, head]}
