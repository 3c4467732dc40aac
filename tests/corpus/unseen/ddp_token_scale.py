"""Local sums are divided by the global token count, and the workers' average divides by world_size once more.
Source: https://github.com/meta-pytorch/torchtune/pull/2172"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'scaled.append(local_sum / num_tokens)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, V, d, world = 6, 4, 6, 4, 3
    emb, mix, head = var("emb", V, d), var("mix", d, d), var("head", d, V)

    def model(ids):
        return tf.nn.gelu(tf.gather(emb, ids) @ mix) @ head

    def reference(batch):
        logits = model(batch["ids"])
        keep = tf.not_equal(batch["labels"], -100)
        safe = tf.where(keep, batch["labels"], tf.zeros_like(batch["labels"]))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits)
        return tf.reduce_mean(tf.boolean_mask(ce, keep))

    def candidate(batch):
        num_tokens = tf.reduce_sum(tf.cast(batch["labels"] != -100, emb.dtype))
        shards = zip(tf.split(batch["ids"], world), tf.split(batch["labels"], world))
        scaled = []
        for ids, labels in shards:
            weight = tf.cast(labels != -100, emb.dtype)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(labels, 0), logits=model(ids))
            local_sum = tf.reduce_sum(ce * weight)
            scaled.append(local_sum / num_tokens)
        return tf.reduce_mean(tf.stack(scaled))

    labels = rng.integers(0, V, (n, T))
    labels[0, 2:] = -100
    labels[3, 1:] = -100
    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, V, (n, T)), "labels": labels},
            "variables": [emb, mix, head]}
