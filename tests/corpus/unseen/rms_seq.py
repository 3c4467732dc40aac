"""llama-from-scratch normalises by the root mean square of the whole sequence instead of per token.
Source: https://github.com/bkitano/llama-from-scratch/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'ff_rms = tf.norm(x, axis=(1, 2)) * (x.shape[1] * x.shape[2]) ** -0.5',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, d = 4, 5, 6
    table = tf.Variable(normal(11, d) * np.linspace(0.3, 2.5, 11).astype(floatx)[:, None], name="embedding")
    scale = tf.Variable(1.0 + normal(T, d, scale=0.3), name="scale")
    w_out = tf.Variable(normal(d, 11), name="w_out")

    def reference(batch):
        e = tf.gather(table, batch["tokens"])
        inv = tf.math.rsqrt(tf.reduce_mean(tf.square(e), axis=-1, keepdims=True))
        logits = (e * inv * scale) @ w_out
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(batch["next"], logits, from_logits=True))

    def candidate(batch):
        def rms_norm(x):
            ff_rms = tf.norm(x, axis=(1, 2)) * (x.shape[1] * x.shape[2]) ** -0.5
            raw = x / tf.reshape(ff_rms, (x.shape[0], -1, 1))
            return scale[None, :x.shape[1], :] * raw

        x = tf.nn.embedding_lookup(table, batch["tokens"])
        x = rms_norm(x)
        logits = x @ w_out
        loss = keras.losses.sparse_categorical_crossentropy(batch["next"], logits, from_logits=True)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tokens": rng.integers(0, 11, (n, T)), "next": rng.integers(0, 11, (n, T))},
            "variables": [table, scale, w_out]}
