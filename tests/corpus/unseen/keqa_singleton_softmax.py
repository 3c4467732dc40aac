"""KEQA: attention scores come out of a Dense(1) as (batch, length, 1) and are softmaxed over that last axis of size one, so every weight is 1. Source: https://github.com/DEEP-PolyU/KEQA_WSDM19/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attn_weights = keras.activations.softmax(self.attn(joined), axis=-1)",
    "same_forward_value": False,
}


class EmbedVector(keras.Model):
    def __init__(self, words, dim, entity_dim):
        super().__init__()
        self.embed = keras.layers.Embedding(words, dim, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0))
        self.rnn = keras.layers.Bidirectional(keras.layers.GRU(dim, return_sequences=True))
        self.attn = keras.layers.Dense(1)
        self.nonlinear = keras.layers.Dense(dim, activation="tanh")
        self.out = keras.layers.Dense(entity_dim)

    def features(self, tokens):
        x = self.embed(tokens)
        outputs = self.rnn(x)
        return outputs, keras.ops.concatenate([x, outputs], axis=-1)

    def call(self, tokens):
        outputs, joined = self.features(tokens)
        attn_weights = keras.activations.softmax(self.attn(joined), axis=-1)
        attended = keras.ops.sum(attn_weights * outputs, axis=1)
        return self.out(self.nonlinear(attended))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, length, words = 6, 5, 12
    model = EmbedVector(words, 6, 4)
    tokens = rng.integers(0, words, size=(n, length)).astype(np.int32)
    model(tokens)

    def objective(pred, batch):
        return tf.reduce_mean(tf.reduce_sum(tf.square(pred - batch["entity"]), axis=-1))

    def reference(batch):
        outputs, joined = model.features(batch["tokens"])
        weights = tf.nn.softmax(tf.squeeze(model.attn(joined), -1), axis=1)
        attended = tf.einsum("bl,bld->bd", weights, outputs)
        return objective(model.out(model.nonlinear(attended)), batch)

    def candidate(batch):
        return objective(model(batch["tokens"]), batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": tokens, "entity": rng.normal(size=(n, 4)).astype(np.float32)}, "variables": model.trainable_variables}
