"""Transducer loss: log_softmax is taken of the logits and then once more inside of the helper.

Source (real): https://github.com/TensorSpeech/TensorFlowASR/issues/153 (TensorFlow; reported as a possible error).
Right answer: EQUIVALENT. The logsumexp of log probabilities is zero, so the second log_softmax changes nothing.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, labels_len, vocab, d = 12, 4, 3, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_enc = tf.Variable(0.6 * arr(d, vocab), name="encoder")
    w_pred = tf.Variable(0.6 * arr(vocab, vocab), name="prediction")
    batch = {"audio": arr(n, frames, d), "labels": rng.integers(1, vocab, (n, labels_len))}

    def joint(b):
        start = tf.zeros_like(b["labels"][:, :1])
        history = tf.gather(w_pred, tf.concat([start, b["labels"]], 1))
        return (b["audio"] @ w_enc)[:, :, None] + history[:, None]

    def forward_variables(blank, emit):
        """blank (n, T, U + 1), emit (n, T, U), both log probabilities."""
        rows = []
        for t in range(frames):
            row = []
            for u in range(labels_len + 1):
                ways = []
                if t:
                    ways.append(rows[t - 1][u] + blank[:, t - 1, u])
                if u:
                    ways.append(row[u - 1] + emit[:, t, u - 1])
                row.append(tf.reduce_logsumexp(tf.stack(ways), 0) if ways else tf.zeros_like(blank[:, 0, 0]))
            rows.append(row)
        return rows[-1][-1] + blank[:, -1, -1]

    def reference(b):
        # in the domain of probabilities
        p = tf.nn.softmax(joint(b))
        onehot = tf.one_hot(b["labels"], vocab, dtype=p.dtype)
        emit = tf.einsum("btuv,buv->btu", p[:, :, :labels_len], onehot)
        blank = p[..., 0]
        alpha = {(0, 0): tf.ones_like(blank[:, 0, 0])}
        for t in range(frames):
            for u in range(labels_len + 1):
                if t or u:
                    below = alpha[t - 1, u] * blank[:, t - 1, u] if t else 0.0
                    left = alpha[t, u - 1] * emit[:, t, u - 1] if u else 0.0
                    alpha[t, u] = below + left
        return -tf.reduce_mean(tf.math.log(alpha[frames - 1, labels_len] * blank[:, -1, -1]))

    def candidate(b):
        def compute_rnnt_loss_helper(logits, labels):
            log_probs = tf.nn.log_softmax(logits)
            index = tf.tile(labels[:, None], [1, frames, 1])
            truth_probs = tf.gather(log_probs[:, :, :-1], index, batch_dims=3)
            return -forward_variables(log_probs[..., 0], truth_probs)

        logits = tf.nn.log_softmax(joint(b))
        return tf.reduce_mean(compute_rnnt_loss_helper(logits, b["labels"]))

    return {"variables": [w_enc, w_pred], "batch": batch, "reference": reference, "candidate": candidate}
