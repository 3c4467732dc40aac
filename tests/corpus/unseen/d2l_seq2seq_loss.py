"""The TensorFlow Classifier.loss ignores averaged=False: the Keras loss object already returns a scalar, so the padding mask
multiplies a number and padded tokens are trained on. Source: https://github.com/d2l-ai/d2l-en/pull/2693"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)(Y, Y_hat)",
    "same_forward_value": False,
}


class Seq2SeqEncoder(keras.layers.Layer):
    def __init__(self, vocab, embed, hidden):
        super().__init__()
        self.embedding = keras.layers.Embedding(vocab, embed)
        self.rnn = keras.layers.GRU(hidden, return_state=True)

    def call(self, X):
        _, state = self.rnn(self.embedding(X))
        return state


class Seq2SeqDecoder(keras.layers.Layer):
    def __init__(self, vocab, embed, hidden):
        super().__init__()
        self.embedding = keras.layers.Embedding(vocab, embed)
        self.rnn = keras.layers.GRU(hidden, return_sequences=True)
        self.dense = keras.layers.Dense(vocab)

    def call(self, X, state):
        emb = self.embedding(X)
        context = tf.repeat(state[:, None, :], tf.shape(emb)[1], axis=1)
        return self.dense(self.rnn(tf.concat([emb, context], -1), initial_state=state))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, steps, vocab, pad = 5, 6, 8, 0
    src = rng.integers(1, vocab, size=(n, steps)).astype("int32")
    tgt = rng.integers(1, vocab, size=(n, steps)).astype("int32")
    for i, length in enumerate([6, 3, 4, 2, 5]):
        tgt[i, length:] = pad
    bos = np.concatenate([np.full((n, 1), 1), tgt[:, :-1]], 1).astype("int32")
    encoder, decoder = Seq2SeqEncoder(vocab, 4, 7), Seq2SeqDecoder(vocab, 4, 7)
    decoder(tf.constant(bos), encoder(tf.constant(src)))

    def token_loss(Y_hat, Y):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=Y, logits=Y_hat)

    def classifier_loss(Y_hat, Y, averaged=True):
        Y_hat = tf.reshape(Y_hat, (-1, Y_hat.shape[-1]))
        Y = tf.reshape(Y, (-1,))
        return tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)(Y, Y_hat)

    def masked(l, Y):
        mask = tf.cast(tf.reshape(Y, (-1,)) != pad, tf.float32)
        return tf.reduce_sum(l * mask) / tf.reduce_sum(mask)

    def reference(batch):
        Y_hat = decoder(batch["dec"], encoder(batch["src"]))
        l = tf.reshape(token_loss(Y_hat, batch["tgt"]), (-1,))
        return masked(l, batch["tgt"])

    def candidate(batch):
        Y_hat = decoder(batch["dec"], encoder(batch["src"]))
        l = classifier_loss(Y_hat, batch["tgt"], averaged=False)
        return masked(l, batch["tgt"])

    return {"reference": reference, "candidate": candidate, "batch": {"src": src, "dec": bos, "tgt": tgt},
            "variables": encoder.trainable_variables + decoder.trainable_variables}
