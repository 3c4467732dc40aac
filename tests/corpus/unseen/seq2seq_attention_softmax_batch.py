"""nlp_study: the attention of a sequence-first decoder is normalised over axis 1, which is the batch, instead of over axis 0, the letters.
Source: https://github.com/ssw-nlp-study-group/nlp_study/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'attn = tf.nn.softmax(energy, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 14, 6, 5, 7
    w_q = tf.Variable(rng.normal(size=(d, d)).astype(f) * 0.6, name="attn_w")
    w_o = tf.Variable(rng.normal(size=(2 * d, v)).astype(f) * 0.4, name="out_w")
    batch = {
        "dec_state": rng.normal(size=(n, d)).astype(f),
        "enc": rng.normal(size=(n, t, d)).astype(f),
        "next_char": rng.integers(0, v, size=n).astype("int32"),
    }

    def reference(batch):
        loss = 0.0
        for i in range(n):
            s, h = batch["dec_state"][i], batch["enc"][i]
            a = tf.nn.softmax(tf.linalg.matvec(h, tf.linalg.matvec(w_q, s, transpose_a=True)))
            ctx = tf.reduce_sum(a[:, None] * h, axis=0)
            lp = tf.nn.log_softmax(tf.linalg.matvec(w_o, tf.concat([s, ctx], 0), transpose_a=True))
            loss -= lp[batch["next_char"][i]]
        return loss / n

    class Decoder:
        def __init__(self, attention):
            self.attention = attention

        def __call__(self, hidden, encoder_outputs):
            attn = self.attention(hidden, encoder_outputs)
            context = tf.einsum("sb,sbd->bd", attn, encoder_outputs)
            return tf.concat([hidden, context], axis=-1) @ w_o

    def candidate(batch):
        encoder_outputs = tf.transpose(batch["enc"], (1, 0, 2))       # (seq, batch, hidden)

        def attention(hidden, enc):
            energy = tf.reduce_sum(enc * (hidden @ w_q)[None], axis=2)
            attn = tf.nn.softmax(energy, axis=1)
            return attn

        logits = Decoder(attention)(batch["dec_state"], encoder_outputs)
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return criterion(batch["next_char"], logits)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_q, w_o]}
