"""The stop-token loss runs over decoder steps, but its mask is made from the mel lengths,
which are not divided by the reduction factor. Source: https://github.com/mozilla/TTS/issues/606"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'steps = batch["mel_len"]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, r, d, mels = 3, 12, 3, 4, 5
    w_mel, w_stop = var("w_mel", d, r * mels), var("w_stop", d, 1)
    T_dec = T // r

    def reference(batch):
        frames = tf.reshape(batch["dec"] @ w_mel, [n, T, mels])
        logits = (batch["dec"] @ w_stop)[..., 0]
        valid = tf.sequence_mask(batch["mel_len"], T, dtype=frames.dtype)
        mel = tf.reduce_sum(tf.abs(frames - batch["mel"]) * valid[..., None]) / (tf.reduce_sum(valid) * mels)
        alive = tf.reduce_max(tf.reshape(valid, [n, T_dec, r]), axis=-1)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["stop"], logits=logits)
        return mel + tf.reduce_sum(bce * alive) / tf.reduce_sum(alive)

    def candidate(batch):
        def masked_mean(x, mask):
            return tf.reduce_sum(x * mask) / tf.reduce_sum(mask * tf.ones_like(x))

        decoder = batch["dec"]
        pred = tf.reshape(tf.matmul(decoder, w_mel), [-1, T, mels])
        mel_mask = tf.sequence_mask(batch["mel_len"], T, dtype=pred.dtype)[:, :, None]
        mel_loss = masked_mean(tf.abs(batch["mel"] - pred), mel_mask)
        steps = batch["mel_len"]
        stop_mask = tf.sequence_mask(steps, T_dec, dtype=pred.dtype)
        stop_logit = tf.squeeze(tf.matmul(decoder, w_stop), -1)
        ce = tf.nn.softplus(stop_logit) - batch["stop"] * stop_logit
        return mel_loss + masked_mean(ce, stop_mask)

    lens = np.array([12, 5, 4])
    stop = (np.arange(T_dec)[None] >= (np.ceil(lens / r) - 1)[:, None]).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"dec": arr(n, T_dec, d), "mel": arr(n, T, mels), "mel_len": lens, "stop": stop},
            "variables": [w_mel, w_stop]}
