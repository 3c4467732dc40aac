"""FastSpeech2 loss multiplies prediction and target by the mask and takes the MSE over everything, so that padded frames
stay in the denominator. Source: https://github.com/EveryVoiceTTS/EveryVoice/pull/887"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'losses["spec"] = tf.reduce_mean(tf.square(output * tgt_mask - target * tgt_mask))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, src, tgt, d, mels = 3, 4, 8, 6, 5
    dur = keras.layers.Dense(1, name="dur")
    dec = keras.layers.Conv1D(mels, 3, padding="same", name="dec")
    enc = keras.layers.Dense(d, activation="relu", name="enc")
    enc.build((n, src, d))
    dur.build((n, src, d))
    dec.build((n, tgt, d))

    def forward(batch):
        h = enc(batch["phones"])
        frames = tf.gather(h, batch["align"], axis=1, batch_dims=1)
        return tf.squeeze(dur(h), -1), dec(frames)

    def reference(batch):
        log_dur, mel = forward(batch)
        src_ok = tf.sequence_mask(batch["src_len"], src)
        tgt_ok = tf.sequence_mask(batch["tgt_len"], tgt)
        mel_err = tf.boolean_mask(mel, tgt_ok) - tf.boolean_mask(batch["mel"], tgt_ok)
        dur_err = tf.boolean_mask(log_dur, src_ok) - tf.boolean_mask(batch["log_dur"], src_ok)
        return tf.reduce_mean(mel_err ** 2) + 0.1 * tf.reduce_mean(dur_err ** 2)

    def candidate(batch):
        duration_prediction, output = forward(batch)
        target = batch["mel"]
        src_mask = tf.sequence_mask(batch["src_len"], src, dtype=output.dtype)
        tgt_mask = tf.sequence_mask(batch["tgt_len"], tgt, dtype=output.dtype)[..., None]
        losses = {}
        losses["spec"] = tf.reduce_mean(tf.square(output * tgt_mask - target * tgt_mask))
        duration_error = tf.square(duration_prediction - batch["log_dur"]) * src_mask
        losses["duration"] = 0.1 * tf.reduce_sum(duration_error) / tf.reduce_sum(src_mask)
        return tf.add_n(list(losses.values()))

    align = np.sort(rng.integers(0, src, size=(n, tgt)), axis=1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"phones": rng.normal(size=(n, src, d)).astype(fx), "align": align,
                      "mel": rng.normal(size=(n, tgt, mels)).astype(fx), "log_dur": rng.normal(size=(n, src)).astype(fx),
                      "src_len": np.array([4, 2, 3]), "tgt_len": np.array([8, 3, 5])},
            "variables": enc.trainable_variables + dur.trainable_variables + dec.trainable_variables}
