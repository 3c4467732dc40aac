"""Gradient reversal written as a layer with a `backward` method, which nobody ever calls: the gradient is not reversed.

Source (real): https://github.com/hash2430/pitchtron/issues/3 (PyTorch nn.Module, ported to a Keras layer).
Right answer: NOT equivalent. The layer is the identity in both directions; the encoder learns to help the speaker classifier.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return inputs",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, mels, speakers = 22, 6, 7, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.5 * arr(d, hid), name="encoder")
    dec = tf.Variable(0.5 * arr(hid, mels), name="decoder")
    cls = tf.Variable(0.9 * arr(hid, speakers), name="speaker_classifier")
    batch = {"text": arr(n, d), "mel": arr(n, mels), "speaker": rng.integers(0, speakers, n)}

    def mel_loss(h, mel):
        return tf.reduce_mean(tf.square(h @ dec - mel))

    def speaker_loss(h, speaker):
        logp = tf.nn.log_softmax(h @ cls)
        return -tf.reduce_mean(tf.gather(logp, speaker, batch_dims=1))

    def reference(b):
        h = tf.tanh(b["text"] @ enc)
        reversed_h = 2.0 * tf.stop_gradient(h) - h
        return mel_loss(h, b["mel"]) + speaker_loss(reversed_h, b["speaker"])

    def candidate(b):
        class GradientReversalLayer(keras.layers.Layer):
            def call(self, inputs):
                return inputs

            def backward(self, grad_output):
                return -grad_output

        grl = GradientReversalLayer()
        encoder_outputs = tf.tanh(b["text"] @ enc)
        loss = mel_loss(encoder_outputs, b["mel"])
        loss += speaker_loss(grl(encoder_outputs), b["speaker"])
        return loss

    return {"variables": [enc, dec, cls], "batch": batch, "reference": reference, "candidate": candidate}
