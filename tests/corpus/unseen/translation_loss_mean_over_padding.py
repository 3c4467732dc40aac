"""Transformer tutorial: the token losses are masked, and then averaged over all positions, the padded ones included; the sum should be divided by the number of real tokens.
Source: https://github.com/tensorflow/docs/pull/1460"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(loss_)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, d, vocab = 12, 7, 5, 9
    w = tf.Variable(rng.normal(size=(d, vocab)), dtype=f, name="w")
    b = tf.Variable(0.1 * rng.normal(size=(vocab,)), dtype=f, name="b")
    tokens = rng.integers(1, vocab, size=(n, T))
    tokens[np.arange(T)[None] >= rng.integers(2, T, size=(n, 1))] = 0
    batch = {"dec": rng.normal(size=(n, T, d)).astype(f), "tar": tokens.astype("int32")}

    def reference(batch):
        is_token = batch["tar"] != 0
        h = tf.boolean_mask(batch["dec"], is_token)
        t = tf.boolean_mask(batch["tar"], is_token)
        logp = tf.nn.log_softmax(h @ w + b)
        picked = tf.gather(logp, t, axis=1, batch_dims=1)
        return -tf.reduce_mean(picked)

    def candidate(batch):
        def loss_object(real, pred):
            return keras.losses.sparse_categorical_crossentropy(real, pred, from_logits=True)

        def loss_function(real, pred):
            mask = tf.math.logical_not(tf.math.equal(real, 0))
            loss_ = loss_object(real, pred)
            mask = tf.cast(mask, dtype=loss_.dtype)
            loss_ *= mask
            return tf.reduce_mean(loss_)

        predictions = tf.tensordot(batch["dec"], w, axes=1) + b
        return loss_function(batch["tar"], predictions)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
