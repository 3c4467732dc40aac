"""MaskedSoftmaxCELoss means over all time steps, padding too, and the sum is then divided by the number of tokens a
second time; it should sum. Source: https://github.com/d2l-ai/d2l-en/issues/2076"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(unweighted_loss * weights, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, steps, vocab, dim = 4, 6, 9, 7
    emb = keras.layers.Embedding(vocab, dim, name="emb")
    gru = keras.layers.SimpleRNN(dim, return_sequences=True, name="gru")
    out = keras.layers.Dense(vocab, name="out")
    emb.build((n, steps))
    gru.build((n, steps, dim))
    out.build((n, steps, dim))
    BOS = 1

    def decode(y):
        dec_in = tf.concat([tf.fill((n, 1), tf.constant(BOS, y.dtype)), y[:, :-1]], axis=1)
        return out(gru(emb(dec_in)))

    def reference(batch):
        logp = tf.nn.log_softmax(decode(batch["y"]))
        total, count = 0.0, 0
        for i in range(n):
            length = int(batch["valid_len"][i])
            picked = tf.gather(logp[i, :length], batch["y"][i, :length], axis=1, batch_dims=1)
            total -= tf.reduce_sum(picked)
            count += length
        return total / count

    def candidate(batch):
        def sequence_mask(x, valid_len, value=0):
            maxlen = tf.shape(x)[1]
            mask = tf.range(maxlen)[None, :] < valid_len[:, None]
            return tf.where(mask, x, tf.constant(value, x.dtype))

        def masked_softmax_ce(pred, label, valid_len):
            weights = sequence_mask(tf.ones_like(label), valid_len)
            weights = tf.cast(weights, pred.dtype)
            unweighted_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=pred)
            return tf.reduce_mean(unweighted_loss * weights, axis=1)

        Y, Y_valid_len = batch["y"], tf.cast(batch["valid_len"], tf.int32)
        Y_hat = decode(Y)
        l = masked_softmax_ce(Y_hat, Y, Y_valid_len)
        num_tokens = tf.cast(tf.reduce_sum(Y_valid_len), l.dtype)
        return tf.reduce_sum(l) / num_tokens

    return {"reference": reference, "candidate": candidate,
            "batch": {"y": rng.integers(2, vocab, size=(n, steps)), "valid_len": np.array([3, 6, 2, 4])},
            "variables": emb.trainable_variables + gru.trainable_variables + out.trainable_variables}
