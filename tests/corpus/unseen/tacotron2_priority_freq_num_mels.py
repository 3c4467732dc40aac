"""Tacotron-2: the number of priority bins of the linear spectrogram loss is computed with num_mels where num_freq is meant,
so the extra weight covers a much narrower band.
Source: https://github.com/Rayhane-mamah/Tacotron-2/issues/113"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "n_priority_freq = int(4000 / (hp.sample_rate * 0.5) * hp.num_mels)",
    "same_forward_value": False,
}


class hp:
    sample_rate, num_mels, num_freq = 16000, 6, 20


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d = 12, 7, 5
    mel_proj = keras.layers.Dense(hp.num_mels, name="mel_projection")
    lin_proj = keras.layers.Dense(hp.num_freq, name="linear_projection")
    mel_proj.build((None, t, d))
    lin_proj.build((None, t, hp.num_mels))
    batch = {
        "decoder": rng.normal(size=(n, t, d)).astype(f),
        "mel_targets": rng.normal(size=(n, t, hp.num_mels)).astype(f),
        "linear_targets": rng.normal(size=(n, t, hp.num_freq)).astype(f),
    }

    def reference(batch):
        mel = mel_proj(batch["decoder"])
        lin = lin_proj(mel)
        bins = hp.num_freq // 2                 # 4 kHz out of 8 kHz
        gap = tf.abs(batch["linear_targets"] - lin)
        low, high = gap[..., :bins], gap[..., bins:]
        whole = (tf.reduce_sum(low) + tf.reduce_sum(high)) / (n * t * hp.num_freq)
        band = tf.reduce_sum(low) / (n * t * bins)
        return tf.reduce_mean((mel - batch["mel_targets"]) ** 2) + 0.5 * (whole + band)

    def candidate(batch):
        mel_outputs = mel_proj(batch["decoder"])
        linear_outputs = lin_proj(mel_outputs)
        after = keras.ops.mean(keras.losses.mean_squared_error(batch["mel_targets"], mel_outputs))
        l1 = tf.abs(batch["linear_targets"] - linear_outputs)
        n_priority_freq = int(4000 / (hp.sample_rate * 0.5) * hp.num_mels)
        linear_loss = 0.5 * tf.reduce_mean(l1) + 0.5 * tf.reduce_mean(l1[:, :, 0:n_priority_freq])
        return after + linear_loss

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": mel_proj.trainable_variables + lin_proj.trainable_variables}
