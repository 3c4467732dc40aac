"""d2l Seq2Seq on TensorFlow: the base loss ignores averaged=False and always returns the mean, so masking it afterwards has no effect and padding counts. Source: https://github.com/d2l-ai/d2l-en/pull/2693"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
    "same_forward_value": False,
}


class Classifier(tf.keras.Model):
    def classifier_loss(self, Y_hat, Y, averaged=True):
        Y_hat = tf.reshape(Y_hat, (-1, Y_hat.shape[-1]))
        Y = tf.reshape(Y, (-1,))
        fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return fn(Y, Y_hat)


class Seq2Seq(Classifier):
    def __init__(self, vocab, hidden, tgt_pad=0):
        super().__init__()
        self.tgt_pad = tgt_pad
        self.src_embed = tf.keras.layers.Embedding(vocab, hidden, embeddings_initializer="normal")
        self.tgt_embed = tf.keras.layers.Embedding(vocab, hidden, embeddings_initializer="normal")
        self.encoder = tf.keras.layers.GRU(hidden, return_state=True)
        self.decoder = tf.keras.layers.GRU(hidden, return_sequences=True)
        self.out = tf.keras.layers.Dense(vocab)

    def call(self, src, tgt):
        _, state = self.encoder(self.src_embed(src))
        dec_in = self.tgt_embed(tgt)
        context = tf.repeat(state[:, None, :], tf.shape(tgt)[1], axis=1)
        return self.out(self.decoder(tf.concat([dec_in, context], axis=-1), initial_state=state))

    def masked_loss(self, Y_hat, Y):
        l = self.classifier_loss(Y_hat, Y, averaged=False)
        mask = tf.cast(tf.reshape(Y, (-1,)) != self.tgt_pad, tf.float32)
        return tf.reduce_sum(l * mask) / tf.reduce_sum(mask)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, steps, vocab = 4, 6, 8
    model = Seq2Seq(vocab, 7)
    src = rng.integers(1, vocab, size=(n, steps)).astype(np.int32)
    tgt = rng.integers(1, vocab, size=(n, steps + 1)).astype(np.int32)
    for i, valid in enumerate([2, 3, 5, 7]):
        tgt[i, valid:] = 0
    model(src, tgt[:, :-1])

    def reference(batch):
        Y = batch["tgt"][:, 1:]
        logits = model(batch["src"], batch["tgt"][:, :-1])
        per_token = tf.keras.losses.sparse_categorical_crossentropy(Y, logits, from_logits=True)
        weights = tf.cast(Y != 0, tf.float32)
        return tf.reduce_sum(per_token * weights) / tf.reduce_sum(weights)

    def candidate(batch):
        Y_hat = model(batch["src"], batch["tgt"][:, :-1])
        return model.masked_loss(Y_hat, batch["tgt"][:, 1:])

    return {"reference": reference, "candidate": candidate, "batch": {"src": src, "tgt": tgt}, "variables": model.trainable_variables}
