"""Two networks in a row: the first one's softmax is turned into a token by argmax before it enters the second one.

Source (real): https://github.com/keras-team/keras/issues/11157 (K.argmax then K.cast between encoder and decoder: "an
operation has None for gradient").
Right answer: NOT equivalent to feeding the probabilities on; the encoder's gradients are None, the
decoder's is a different one.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "tokens = tf.cast(tf.argmax(probs, axis=-1), tf.int32)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, vocab, out = 16, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = keras.layers.Dense(vocab, activation="softmax", name="encoder", dtype=f)
    enc.build((None, d))
    enc.set_weights([0.7 * arr(*p.shape) for p in enc.get_weights()])
    table = tf.Variable(0.8 * arr(vocab, out), name="decoder_table")
    batch = {"x": arr(n, d), "y": arr(n, out)}

    def reference(b):
        return tf.reduce_mean(tf.square(enc(b["x"]) @ table - b["y"]))

    def candidate(b):
        probs = enc(b["x"])
        tokens = tf.cast(tf.argmax(probs, axis=-1), tf.int32)
        return tf.reduce_mean(tf.square(tf.nn.embedding_lookup(table, tokens) - b["y"]))

    return {
        "variables": [*enc.trainable_variables, table],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
