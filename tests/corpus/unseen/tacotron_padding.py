"""Tacotron 2's mel loss is a plain mean over the padded batch: padded frames count in the denominator.
Source: https://github.com/NVIDIA/tacotron2/issues/80"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(tf.square(out - mel_target))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, t, d, mels = 4, 7, 5, 3
    w = tf.Variable(rng.normal(size=(d, mels)).astype(fx), name="decoder")
    p = tf.Variable(rng.normal(size=(mels, mels), scale=0.4).astype(fx), name="postnet")
    g = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="gate")
    lens = np.array([7, 3, 4, 2], dtype="int32")
    keep = (np.arange(t)[None] < lens[:, None])[..., None]

    def forward(h, lengths):
        mask = tf.cast(tf.sequence_mask(lengths, t), h.dtype)[..., None]
        mel = tf.matmul(h, w)
        post = mel + tf.tanh(tf.matmul(mel, p))
        return mel * mask, post * mask, tf.matmul(h, g)[..., 0]

    def reference(batch):
        mel, post, gate = forward(batch["h"], batch["lengths"])
        valid = tf.cast(tf.reduce_sum(batch["lengths"]) * mels, mel.dtype)
        sq = tf.reduce_sum((mel - batch["mel"]) ** 2) + tf.reduce_sum((post - batch["mel"]) ** 2)
        stop = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["gate"], logits=gate)
        return sq / valid + tf.reduce_mean(stop)

    def candidate(batch):
        mel_target, gate_target = batch["mel"], tf.reshape(batch["gate"], [-1, 1])
        mel_out, mel_out_postnet, gate_out = forward(batch["h"], batch["lengths"])
        gate_out = tf.reshape(gate_out, [-1, 1])

        def mse(out):
            return tf.reduce_mean(tf.square(out - mel_target))

        mel_loss = mse(mel_out) + mse(mel_out_postnet)
        gate_loss = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=gate_target, logits=gate_out))
        return mel_loss + gate_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.normal(size=(b, t, d)).astype(fx), "lengths": lens,
                      "mel": (rng.normal(size=(b, t, mels)) * keep).astype(fx),
                      "gate": (np.arange(t)[None] >= lens[:, None] - 1).astype(fx)},
            "variables": [w, p, g]}
