"""FastSpeech 2: the positional embedding is multiplied by the padding mask (True on pads) instead of its inverse, so it vanishes on all real frames.

Source (real): https://github.com/speechbrain/speechbrain/issues/2276 (PyTorch, ported; "`pos` is unexpectedly all zero").
Right answer: NOT equivalent; the scale of the positional embedding has no influence on the valid frames.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pos = sinusoidal_positional_embed(tokens.shape[1]) * srcmask[..., None]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d, mels = 14, 6, 9, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(0.7 * arr(vocab, d), name="phoneme_embed")
    pos_scale = tf.Variable(np.asarray(0.8, f), name="pos_scale")
    mixer = tf.Variable(0.6 * arr(d, mels), name="mel_proj")
    lens = rng.integers(3, length + 1, n)
    pad = np.arange(length)[None] >= lens[:, None]
    batch = {"tokens": np.where(pad, 0, rng.integers(1, vocab, (n, length))), "mel": arr(n, length, mels)}

    def table(steps):
        pos = np.arange(steps)[:, None] / 100.0 ** (np.arange(0, d, 2)[None] / d)
        return np.concatenate([np.sin(pos), np.cos(pos)], 1).astype(f)

    def decode(h, keep):
        h = h * keep[..., None]
        ctx = tf.reduce_sum(h, 1, keepdims=True) / tf.reduce_sum(keep, 1)[:, None, None]
        return tf.tanh(h + ctx) @ mixer

    def reference(b):
        keep = tf.cast(b["tokens"] != 0, mixer.dtype)
        h = tf.gather(embed, b["tokens"]) + pos_scale * table(length)[None]
        err = tf.reduce_mean(tf.square(decode(h, keep) - b["mel"]), -1)
        return tf.reduce_sum(err * keep) / tf.reduce_sum(keep)

    def candidate(b):
        def get_key_padding_mask(padded_input, pad_idx):
            return tf.cast(tf.equal(padded_input, pad_idx), mixer.dtype)

        def sinusoidal_positional_embed(steps):
            return pos_scale * tf.constant(table(steps))[None]

        tokens = b["tokens"]
        srcmask = get_key_padding_mask(tokens, pad_idx=0)
        srcmask_inverted = 1.0 - srcmask
        pos = sinusoidal_positional_embed(tokens.shape[1]) * srcmask[..., None]
        token_feats = tf.gather(embed, tokens) + pos
        post = decode(token_feats, srcmask_inverted)
        mel_err = tf.reduce_mean(tf.square(post - b["mel"]), axis=-1)
        return tf.reduce_sum(mel_err * srcmask_inverted) / tf.reduce_sum(srcmask_inverted)

    return {"variables": [embed, pos_scale, mixer], "batch": batch, "reference": reference, "candidate": candidate}
