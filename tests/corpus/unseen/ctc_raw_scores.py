"""Phoneme aligner: the CTC term goes negative, since the recursion gets something that is not a log-distribution.
Source: https://github.com/gwx314/STARS/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "frame_scores = tf.transpose(ph_frame_logits, (1, 0, 2))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, c, s = 4, 9, 6, 5, 3
    hidden = keras.layers.Dense(8, activation="tanh", name="enc")
    head = keras.layers.Dense(c, name="ph_head")
    hidden.build((None, None, d))
    head.build((None, None, 8))
    neg = -1e5

    def alpha_pass(lp, labels):
        # lp: (T, B, C); labels: (B, S), blank = 0
        b = lp.shape[1]
        zeros = tf.zeros((b, s), dtype=labels.dtype)
        ext = tf.reshape(tf.stack([zeros, labels], axis=-1), (b, 2 * s))
        ext = tf.concat([ext, zeros[:, :1]], axis=1)
        prev2 = tf.concat([tf.fill((b, 2), tf.constant(-1, labels.dtype)), ext[:, :-2]], axis=1)
        skip = tf.logical_and(ext != 0, ext != prev2)
        pad = lambda x, k: tf.concat([tf.fill((b, k), tf.cast(neg, x.dtype)), x[:, :-k]], axis=1)
        emit = tf.gather(lp, tf.tile(ext[None], (lp.shape[0], 1, 1)), batch_dims=2)
        first = tf.cast(tf.range(2 * s + 1) < 2, lp.dtype)
        a = emit[0] * first + (1.0 - first) * neg
        for k in range(1, lp.shape[0]):
            two = tf.where(skip, pad(a, 2), tf.cast(neg, a.dtype))
            a = tf.reduce_logsumexp(tf.stack([a, pad(a, 1), two]), axis=0) + emit[k]
        return -tf.reduce_logsumexp(a[:, -2:], axis=1)

    def reference(batch):
        log_probs = tf.nn.log_softmax(head(hidden(batch["mel"])), axis=-1)
        nll = alpha_pass(tf.transpose(log_probs, (1, 0, 2)), batch["ph"])
        return tf.reduce_mean(nll / s)

    def candidate(batch):
        mel, ph = batch["mel"], batch["ph"]
        ph_frame_logits = head(hidden(mel))
        frame_scores = tf.transpose(ph_frame_logits, (1, 0, 2))
        ph_ctc_loss = alpha_pass(frame_scores, ph)
        ph_ctc_loss = ph_ctc_loss / tf.cast(tf.shape(ph)[1], ph_ctc_loss.dtype)
        return tf.reduce_mean(ph_ctc_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"mel": rng.standard_normal((n, t, d)).astype(f),
                      "ph": rng.integers(1, c, (n, s)).astype("int32")},
            "variables": hidden.trainable_variables + head.trainable_variables}
