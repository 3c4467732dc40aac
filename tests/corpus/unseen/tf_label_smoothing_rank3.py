"""Label smoothing took the number of classes from axis 1 of the one-hot labels; for (batch, time, vocab) that is the time axis.
Source: https://github.com/tensorflow/tensorflow/issues/32231"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "num_classes = tf.cast(tf.shape(y_true)[1], y_pred.dtype)",
    "same_forward_value": False,
}


def smoothed_crossentropy(y_true, y_pred, label_smoothing):
    def _smooth_labels():
        num_classes = tf.cast(tf.shape(y_true)[1], y_pred.dtype)
        return y_true * (1.0 - label_smoothing) + (label_smoothing / num_classes)

    if label_smoothing:
        y_true = _smooth_labels()
    return tf.nn.softmax_cross_entropy_with_logits(labels=y_true, logits=y_pred)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, vocab = 4, 5, 9
    src = rng.integers(1, vocab, size=(n, t)).astype("int32")
    tgt = rng.integers(1, vocab, size=(n, t)).astype("int32")
    tgt[2, 3:] = 0
    tgt[3, 4:] = 0

    emb = keras.layers.Embedding(vocab, 6)
    gru = keras.layers.GRU(7, return_sequences=True)
    out = keras.layers.Dense(vocab)
    model = keras.Sequential([keras.Input((t,), dtype="int32"), emb, gru, out])
    smoothing = 0.2

    def masked_mean(per_token, tokens):
        m = tf.cast(tf.not_equal(tokens, 0), tf.float32)
        return tf.reduce_sum(per_token * m) / tf.reduce_sum(m)

    def reference(batch):
        logits = model(batch["src"])
        labels = tf.one_hot(batch["tgt"], vocab) * (1.0 - smoothing) + smoothing / vocab
        per_token = -tf.reduce_sum(labels * tf.nn.log_softmax(logits), axis=-1)
        return masked_mean(per_token, batch["tgt"])

    def candidate(batch):
        logits = model(batch["src"])
        per_token = smoothed_crossentropy(tf.one_hot(batch["tgt"], vocab), logits, smoothing)
        return masked_mean(per_token, batch["tgt"])

    return {"reference": reference, "candidate": candidate, "batch": {"src": src, "tgt": tgt},
            "variables": model.trainable_variables}
