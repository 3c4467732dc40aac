"""TPLinker's conditional layer normalisation raises (variance + eps) to the power 2 instead of 0.5. Source: https://github.com/131250208/TPlinker-joint-extraction/issues/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "std = (variance + self.epsilon) ** 2",
    "same_forward_value": False,
}


class CondLayerNorm(keras.layers.Layer):
    def __init__(self, dim, epsilon=1e-12, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.epsilon = dim, epsilon
        self.beta_dense = keras.layers.Dense(dim, use_bias=False)
        self.gamma_dense = keras.layers.Dense(dim, use_bias=False)

    def build(self, input_shape):
        self.beta = self.add_weight(shape=(self.dim,), initializer="zeros")
        self.gamma = self.add_weight(shape=(self.dim,), initializer="ones")

    def scale_and_shift(self, cond):
        return self.gamma_dense(cond) + self.gamma, self.beta_dense(cond) + self.beta

    def call(self, inputs, cond):
        gamma, beta = self.scale_and_shift(cond)
        outputs = inputs - tf.reduce_mean(inputs, axis=-1, keepdims=True)
        variance = tf.reduce_mean(outputs ** 2, axis=-1, keepdims=True)
        std = (variance + self.epsilon) ** 2
        outputs = outputs / std
        return outputs * gamma + beta


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, length, dim, tags = 3, 5, 8, 3
    encoder = keras.layers.Dense(dim)
    cln = CondLayerNorm(dim)
    fc = keras.layers.Dense(tags)
    pairs = np.array([(i, j) for i in range(length) for j in range(i, length)], np.int32)

    def handshake(hidden, norm):
        guide = tf.gather(hidden, pairs[:, 0], axis=1)
        visible = tf.gather(hidden, pairs[:, 1], axis=1)
        return fc(norm(visible, guide))

    def plain_norm(x, cond):
        gamma, beta = cln.scale_and_shift(cond)
        mean, var = tf.nn.moments(x, axes=[-1], keepdims=True)
        return tf.nn.batch_normalization(x, mean, var, beta, gamma, 1e-12)

    def tag_loss(logits, tags_true):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tags_true, logits=logits))

    def reference(batch):
        return tag_loss(handshake(encoder(batch["bert"]), plain_norm), batch["tags"])

    def candidate(batch):
        hidden = encoder(batch["bert"])
        return tag_loss(handshake(hidden, cln), batch["tags"])

    batch = {"bert": rng.normal(size=(n, length, 6)).astype(np.float32), "tags": rng.integers(0, tags, size=(n, len(pairs))).astype(np.int32)}
    candidate({k: tf.constant(v) for k, v in batch.items()})
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": encoder.trainable_variables + cln.trainable_variables + fc.trainable_variables}
