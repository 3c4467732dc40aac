"""SFT trainer: the micro batch losses are accumulated without dividing by the number of micro batches, so the gradient
grows with accumulation. Source: https://github.com/verl-project/verl/pull/3332"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "step_loss += loss",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n_micro, per, t, v, d = 3, 2, 5, 6, 4
    table = tf.Variable(rng.normal(size=(v, d)).astype(fx), name="embed")
    out = tf.Variable(rng.normal(size=(d, v)).astype(fx), name="lm_head")

    def reference(batch):
        ids = batch["input_ids"]
        logits = tf.gather(table, ids)[:, :-1] @ out
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits)
        keep = batch["loss_mask"][:, :-1]
        nll = tf.reshape(nll * keep, (n_micro, per, t - 1))
        count = tf.reshape(keep, (n_micro, per, t - 1))
        return tf.reduce_mean(tf.reduce_sum(nll, axis=[1, 2]) / tf.reduce_sum(count, axis=[1, 2]))

    def candidate(batch):
        step_loss = 0.0
        micro_ids = tf.split(batch["input_ids"], n_micro, axis=0)
        micro_masks = tf.split(batch["loss_mask"], n_micro, axis=0)
        for ids, loss_mask in zip(micro_ids, micro_masks):
            logits = tf.matmul(tf.nn.embedding_lookup(table, ids), out)
            shift_logits = tf.reshape(logits[:, :-1, :], (-1, v))
            shift_labels = tf.reshape(ids[:, 1:], [-1])
            mask = tf.reshape(loss_mask[:, :-1], [-1])
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=shift_labels, logits=shift_logits)
            loss = tf.reduce_sum(loss * mask) / tf.reduce_sum(mask)
            step_loss += loss
        return step_loss

    mask = (rng.uniform(size=(n_micro * per, t)) < 0.7).astype(fx)
    mask[:, 0] = 1
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "input_ids": rng.integers(0, v, size=(n_micro * per, t)).astype("int32"),
            "loss_mask": mask,
        },
        "variables": [table, out],
    }
