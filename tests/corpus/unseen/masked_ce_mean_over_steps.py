"""Seq2seq: the masked loss averages over all time steps although the trainer divides by the number of valid tokens.
Source: https://github.com/d2l-ai/d2l-en/pull/2707"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'weighted_loss = tf.reduce_mean(unweighted_loss * weights, 1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wh, wo = var("hidden", 3, 3), var("out", 3, 7)

    def decode(x):
        h, outs = tf.zeros_like(x[:, 0]), []
        for t in range(5):
            h = tf.tanh(x[:, t] + h @ wh)
            outs.append(h @ wo)
        return tf.stack(outs, 1)

    def reference(batch):
        logits = decode(batch["x"])
        keep = tf.sequence_mask(batch["valid_len"], 5)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.boolean_mask(batch["y"], keep), tf.boolean_mask(logits, keep))
        return tf.reduce_mean(ce)

    def candidate(batch):
        def sequence_mask(x, valid_len, value=0.0):
            cols = tf.range(x.shape[1], dtype=valid_len.dtype)[None, :]
            return tf.where(cols < valid_len[:, None], x, value * tf.ones_like(x))

        class MaskedSoftmaxCELoss:
            def __call__(self, pred, label, valid_len):
                unweighted_loss = -tf.gather(tf.nn.log_softmax(pred), label, axis=2, batch_dims=2)
                weights = sequence_mask(tf.ones_like(unweighted_loss), valid_len)
                weighted_loss = tf.reduce_mean(unweighted_loss * weights, 1)
                return weighted_loss

        l = MaskedSoftmaxCELoss()(decode(batch["x"]), batch["y"], batch["valid_len"])
        num_tokens = tf.cast(tf.reduce_sum(batch["valid_len"]), l.dtype)
        return tf.reduce_sum(l) / num_tokens

    return {"reference": reference, "candidate": candidate, "variables": [wh, wo],
            "batch": {"x": data(13, 5, 3), "y": rng.integers(0, 7, (13, 5)), "valid_len": rng.integers(1, 6, 13)}}
