"""The replaced-token-detection loss of DiffCSE averages over padding too, where the label is 0 (a valid class).
Source: https://github.com/voidism/DiffCSE/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "rtd = tf.reduce_mean(tf.reshape(per_token, (-1,)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, s, d, vocab = 4, 7, 6, 11

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    embed, w_cls, b_cls = var("embed", vocab, d), var("w_cls", d, 2), var("b_cls", 2)
    w_sent = var("w_sent", d, d)
    lengths = np.array([7, 3, 5, 2])
    mask = (np.arange(s)[None, :] < lengths[:, None]).astype("int32")
    ids = (rng.integers(1, vocab, (b, s)) * mask).astype("int32")
    gen = np.where(rng.random((b, s)) < 0.5, ids, rng.integers(1, vocab, (b, s))).astype("int32")

    def reference(batch):
        total, count = 0.0, 0
        for i in range(b):
            keep = int(lengths[i])
            real = tf.cast(batch["attention_mask"][i], fx)
            states = tf.gather(embed, batch["g_pred"][i])
            ctx = tf.reduce_sum(states * real[:, None], 0) / tf.reduce_sum(real)
            states = tf.tanh(states + tf.linalg.matvec(w_sent, ctx, transpose_a=True))
            logp = tf.nn.log_softmax(states[:keep] @ w_cls + b_cls)
            changed = tf.cast(batch["g_pred"][i, :keep] != batch["input_ids"][i, :keep], "int32")
            total -= tf.reduce_sum(tf.gather(logp, changed, batch_dims=1))
            count += keep
        return 0.3 * total / tf.cast(count, fx)

    def candidate(batch):
        lambda_weight = 0.3
        attention = tf.cast(batch["attention_mask"], fx)
        replaced = tf.cast(batch["g_pred"] != batch["input_ids"], "int32") * batch["attention_mask"]
        states = tf.nn.embedding_lookup(embed, batch["g_pred"])
        pooled = tf.einsum("bsd,bs->bd", states, attention) / tf.reduce_sum(attention, 1, keepdims=True)
        states = tf.tanh(states + (pooled @ w_sent)[:, None, :])
        scores = tf.einsum("bsd,dc->bsc", states, w_cls) + b_cls
        per_token = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=replaced, logits=scores)
        rtd = tf.reduce_mean(tf.reshape(per_token, (-1,)))
        return lambda_weight * rtd

    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": ids, "g_pred": gen, "attention_mask": mask},
            "variables": [embed, w_cls, b_cls, w_sent]}
