"""Draft head training (EAGLE): target and tokens are shifted left with a zero at the end, the loss mask is not adjusted,
so the padded last position is trained towards a zero vector.
Source: https://github.com/SafeAILab/EAGLE/pull/341"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'loss_mask = batch["loss_mask"][..., None]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, hidden, vocab, mix = 12, 6, 4, 9, 8
    table = tf.Variable(rng.normal(size=(vocab, hidden)).astype(f), name="table")
    fc = tf.Variable(rng.normal(size=(mix, hidden)).astype(f) * 0.5, name="fc")
    mask = np.ones((n, steps), f)
    mask[:, :2] = 0
    batch = {
        "states": rng.normal(size=(n, steps, hidden)).astype(f) + 1.0,
        "ids": rng.integers(0, vocab, size=(n, steps)).astype("int32"),
        "loss_mask": mask,
    }

    def reference(batch):
        seen = tf.concat([tf.gather(table, batch["ids"][:, 1:]), batch["states"][:, :-1]], axis=-1)
        guess = tf.einsum("nsm,mh->nsh", seen, fc)
        gap = tf.abs(guess - batch["states"][:, 1:])
        huber = tf.where(gap < 1.0, 0.5 * gap * gap, gap - 0.5)
        keep = batch["loss_mask"][:, :-1]
        return tf.reduce_sum(keep * tf.reduce_mean(huber, -1)) / tf.reduce_sum(keep)

    def candidate(batch):
        def padding(tensor, left=True):
            zero = tf.zeros_like(tensor[:, :1])
            if left:
                return tf.concat([zero, tensor[:, :-1]], axis=1)
            return tf.concat([tensor[:, 1:], zero], axis=1)

        def smooth_l1(a, b):
            d = a - b
            quad = tf.clip_by_value(tf.abs(d), 0.0, 1.0)
            return 0.5 * quad ** 2 + (tf.abs(d) - quad)

        def dataprepare():
            target = padding(batch["states"], left=False)
            input_ids = padding(batch["ids"], left=False)
            loss_mask = batch["loss_mask"][..., None]
            return target, input_ids, loss_mask

        target, input_ids, loss_mask = dataprepare()
        features = tf.concat([tf.nn.embedding_lookup(table, input_ids), batch["states"]], axis=2)
        predict = tf.tensordot(features, fc, axes=1)
        vloss = tf.reduce_mean(smooth_l1(predict, target), axis=-1, keepdims=True)
        return tf.reduce_sum(vloss * loss_mask) / tf.reduce_sum(loss_mask)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [table, fc]}
