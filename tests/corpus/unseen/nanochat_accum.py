"""nanochat SFT: averaging micro-batch means over the accumulation steps weighs padded micro-batches wrongly.
Source: https://github.com/karpathy/nanochat/pull/59"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss = tf.reduce_sum(per_token * valid) / tf.reduce_sum(valid)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    steps, b, T, V, d = 3, 2, 6, 7, 4
    wte = tf.Variable(normal(V, d), name="wte")
    lm_head = tf.Variable(normal(d, V), name="lm_head")
    targets = rng.integers(0, V, (steps, b, T))
    targets[0, :, 1:] = -1; targets[1, 0, 4:] = -1

    def reference(batch):
        ids = tf.reshape(batch["ids"], (-1,))
        tgt = tf.reshape(batch["targets"], (-1,))
        rows = tf.where(tgt >= 0)[:, 0]
        logits = tf.tanh(tf.gather(wte, tf.gather(ids, rows))) @ lm_head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather(tgt, rows), logits))

    def candidate(batch):
        grad_accum_steps = batch["ids"].shape[0]
        num_tokens = tf.reduce_sum(tf.cast(batch["targets"] >= 0, wte.dtype))
        tf.debugging.assert_positive(num_tokens)
        train_loss = 0.0
        for micro in range(grad_accum_steps):
            x, y = batch["ids"][micro], batch["targets"][micro]
            valid = tf.cast(y >= 0, wte.dtype)
            logits = tf.matmul(tf.tanh(tf.nn.embedding_lookup(wte, x)), lm_head)
            per_token = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(y, 0), logits=logits)
            loss = tf.reduce_sum(per_token * valid) / tf.reduce_sum(valid)
            train_loss += loss / grad_accum_steps
        return train_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, V, (steps, b, T)), "targets": targets}, "variables": [wte, lm_head]}
