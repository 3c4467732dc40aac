"""d2l MaskedSoftmaxCELoss: the masked token losses are averaged over time and then divided by the number of valid tokens.

Source (real): https://github.com/d2l-ai/d2l-en/pull/2708 (TensorFlow), pull 2707 and issues/2076.
Right answer: NOT equivalent; the loss is num_steps times too small.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "weighted_loss = tf.reduce_mean(unweighted_loss * weights, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 15, 7, 4, 6
    w = tf.Variable((0.8 * rng.standard_normal((d, vocab))).astype(f), name="dense")
    c = tf.Variable((0.3 * rng.standard_normal(vocab)).astype(f), name="dense_bias")
    batch = {
        "state": rng.standard_normal((n, t, d)).astype(f),
        "label": rng.integers(0, vocab, (n, t)).astype("int32"),
        "valid_len": rng.integers(1, t + 1, n).astype("int32"),
    }

    def reference(b):
        total, tokens = 0.0, 0
        for i in range(b["label"].shape[0]):
            k = int(b["valid_len"][i])
            logp = tf.nn.log_softmax(b["state"][i, :k] @ w + c)
            total -= tf.reduce_sum(logp * tf.one_hot(b["label"][i, :k], vocab, dtype=logp.dtype))
            tokens += k
        return total / tokens

    class MaskedSoftmaxCELoss(keras.losses.Loss):
        def call(self, label, pred):
            return keras.losses.sparse_categorical_crossentropy(label, pred, from_logits=True)

    loss_fn = MaskedSoftmaxCELoss(reduction="none")

    def candidate(b):
        pred = tf.tensordot(b["state"], w, axes=1) + c
        weights = tf.sequence_mask(b["valid_len"], maxlen=t, dtype=pred.dtype)
        unweighted_loss = loss_fn(b["label"], pred)
        weighted_loss = tf.reduce_mean(unweighted_loss * weights, axis=1)
        num_tokens = tf.reduce_sum(b["valid_len"])
        return tf.reduce_sum(weighted_loss) / tf.cast(num_tokens, pred.dtype)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
