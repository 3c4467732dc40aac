"""Tacotron2: outputs are zeroed on padding, yet the MSE still divides by all frames, padded ones too.
Source: https://github.com/NVIDIA/tacotron2/pull/245"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "mel_loss = mse(mel_out, mel_target) + mse(mel_post, mel_target)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, mels, frames, d = 3, 4, 7, 5
    lengths = np.array([7, 4, 3], "int32")
    proj = tf.Variable((0.5 * rng.normal(size=(d, mels))).astype(fx), name="mel_proj")
    post = tf.Variable((0.3 * rng.normal(size=(mels, mels))).astype(fx), name="postnet")
    gate = tf.Variable((0.5 * rng.normal(size=(d, 1))).astype(fx), name="gate_proj")
    valid = (np.arange(frames)[None] < lengths[:, None]).astype(fx)
    target = rng.normal(size=(n, frames, mels)) * valid[..., None]

    def reference(batch):
        h = batch["hidden"]
        keep = tf.sequence_mask(batch["lengths"], frames)
        mel = h @ proj
        refined = mel + tf.tanh(mel @ post)
        err = (mel - batch["target"]) ** 2 + (refined - batch["target"]) ** 2
        spec = tf.reduce_mean(tf.boolean_mask(err, keep))
        logits = tf.where(keep, tf.squeeze(h @ gate, -1), tf.constant(1e3, fx))
        stop = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["gate"], logits=logits)
        return spec + tf.reduce_mean(stop)

    def candidate(batch):
        def mse(a, b):
            return tf.reduce_mean(tf.math.squared_difference(a, b))

        mel_out = tf.matmul(batch["hidden"], proj)
        mel_post = mel_out + tf.tanh(tf.matmul(mel_out, post))
        gate_out = tf.matmul(batch["hidden"], gate)[..., 0]
        pad = tf.logical_not(tf.sequence_mask(batch["lengths"], frames))
        mel_out = tf.where(pad[..., None], tf.zeros_like(mel_out), mel_out)
        mel_post = tf.where(pad[..., None], tf.zeros_like(mel_post), mel_post)
        gate_out = tf.where(pad, tf.fill(tf.shape(gate_out), tf.constant(1e3, gate_out.dtype)), gate_out)
        mel_target = batch["target"]
        mel_loss = mse(mel_out, mel_target) + mse(mel_post, mel_target)
        gate_loss = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["gate"], logits=gate_out))
        return mel_loss + gate_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(n, frames, d)).astype(fx), "target": target.astype(fx),
                      "gate": (np.arange(frames)[None] >= lengths[:, None] - 1).astype(fx), "lengths": lengths},
            "variables": [proj, post, gate]}
