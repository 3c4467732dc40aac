"""Masked language model in keras-bert: the loss is taken over all tokens of the sequence instead of over the masked ones,
because the Masked layer hands its input on unchanged.
Source: https://github.com/CyberZHG/keras-bert/issues/188"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "output = inputs[0] + 0",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, v, d = 13, 7, 9, 5
    tokens = rng.integers(0, v, size=(n, t))
    masked = (rng.uniform(size=(n, t)) < 0.3).astype(f)
    masked[:, 2] = 1.0
    emb = tf.Variable(rng.normal(size=(v, d)).astype(f) * 0.5, name="emb")
    mask_row = tf.Variable(rng.normal(size=(d,)).astype(f) * 0.5, name="mask_row")
    w_out = tf.Variable(rng.normal(size=(d, v)).astype(f) * 0.5, name="w_out")

    def encode(batch):
        m = batch["masked"][..., None]
        x = tf.gather(emb, batch["tokens"]) * (1.0 - m) + mask_row * m
        return tf.tanh(x + tf.reduce_mean(x, axis=1, keepdims=True))

    def reference(batch):
        hidden = encode(batch)
        where = tf.where(batch["masked"] > 0)
        picked = tf.gather_nd(hidden, where)
        logp = tf.nn.log_softmax(picked @ w_out)
        hits = tf.gather(logp, tf.gather_nd(batch["tokens"], where)[:, None], batch_dims=1)
        return -tf.reduce_sum(hits) / n

    def candidate(batch):
        class Masked:
            def compute_mask(self, inputs):
                return keras.ops.not_equal(inputs[1], 0)

            def call(self, inputs):
                output = inputs[0] + 0
                return output

        def sparse_mlm_loss(y_true, losses):
            assert losses.shape == y_true.shape
            return keras.ops.mean(keras.ops.sum(losses, axis=-1))

        probs = keras.ops.softmax(keras.ops.matmul(encode(batch), w_out), axis=-1)
        token_loss = keras.losses.sparse_categorical_crossentropy(batch["tokens"], probs)
        masked_layer = Masked().call([token_loss, batch["masked"]])
        return sparse_mlm_loss(batch["tokens"], masked_layer)

    return {"reference": reference, "candidate": candidate, "batch": {"tokens": tokens, "masked": masked},
            "variables": [emb, mask_row, w_out]}
