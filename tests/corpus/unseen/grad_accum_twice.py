"""Gradient accumulation: the loss is divided by the token count of the whole window and then once more by the number of
accumulation steps. Source: https://github.com/unslothai/unsloth-zoo/pull/1023"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "total += compute_loss(ids, labels) / accumulation_steps",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    steps, b, t, v, d = 3, 2, 5, 7, 4
    emb = tf.Variable(rng.normal(size=(v, d)).astype(fx), name="embed_tokens")
    head = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="lm_head")

    def reference(batch):
        ids = tf.reshape(batch["input_ids"], (steps * b, t))
        lab = tf.reshape(batch["labels"], (steps * b, t))[:, 1:]
        logits = (tf.gather(emb, ids) @ head)[:, :-1]
        keep = lab != -100
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.boolean_mask(lab, keep), logits=tf.boolean_mask(logits, keep)))

    def candidate(batch):
        accumulation_steps = batch["input_ids"].shape[0]
        valid = tf.cast(batch["labels"][..., 1:] != -100, emb.dtype)
        num_items_in_batch = tf.reduce_sum(valid)

        def compute_loss(ids, labels):
            logits = tf.gather(emb, ids) @ head
            target = labels[:, 1:]
            mask = tf.cast(target != -100, logits.dtype)
            nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.maximum(target, 0), logits=logits[:, :-1])
            return tf.reduce_sum(nll * mask) / num_items_in_batch

        total = 0.0
        for step in range(accumulation_steps):
            ids, labels = batch["input_ids"][step], batch["labels"][step]
            total += compute_loss(ids, labels) / accumulation_steps
        return total

    ids = rng.integers(0, v, (steps, b, t))
    labels = ids.copy()
    labels[0, 0, :3] = -100
    labels[1, 1, 2:] = -100
    return {"reference": reference, "candidate": candidate,
            "batch": {"input_ids": ids.astype("int32"), "labels": labels.astype("int32")}, "variables": [emb, head]}
