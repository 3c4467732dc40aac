"""The CTC loss of a lecture's solution gets the raw outputs of the network: the line with log_softmax is commented out,
although the loss expects log probabilities.
Source: https://github.com/jeremyfix/deeplearning-lectures/issues/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_probs = tf.transpose(unpacked_predictions, (1, 0, 2))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, feat, vocab = 14, 6, 5, 4
    w = tf.Variable((0.6 * rng.standard_normal((feat, vocab))).astype(f), name="w")
    b = tf.Variable((0.2 * rng.standard_normal(vocab)).astype(f), name="b")
    batch = {
        "mel": rng.standard_normal((n, steps, feat)).astype(f),
        "chars": rng.integers(1, vocab, (n, 2)).astype("int32"),   # 0 is the blank
    }
    low = -1e9

    def reference(batch):
        logits = tf.einsum("btf,fv->btv", batch["mel"], w) + b
        logp = logits - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)
        blank = tf.zeros_like(batch["chars"][:, :1])
        ext = tf.concat([blank, batch["chars"][:, :1], blank, batch["chars"][:, 1:], blank], axis=1)
        emit = tf.gather(logp, ext, axis=2, batch_dims=1)              # (B, T, 5)
        distinct = tf.not_equal(batch["chars"][:, 0], batch["chars"][:, 1])
        jump = tf.where(distinct, tf.zeros_like(emit[:, 0, 0]), low)[:, None]
        nothing = low * tf.ones_like(emit[:, 0, :1])
        alpha = tf.concat([emit[:, 0, :2], tf.repeat(nothing, 3, axis=1)], axis=1)
        for t in range(1, steps):
            one = tf.concat([nothing, alpha[:, :-1]], axis=1)
            two = tf.concat([nothing, nothing, nothing, alpha[:, 1:2] + jump, nothing], axis=1)
            alpha = tf.reduce_logsumexp(tf.stack([alpha, one, two]), axis=0) + emit[:, t]
        return -tf.reduce_mean(tf.reduce_logsumexp(alpha[:, 3:], axis=1))

    def candidate(batch):
        def ctc_loss(log_probs, targets):
            """(T, B, V) log probabilities, as torch.nn.CTCLoss wants them."""
            first = targets[:, 0]
            second = targets[:, 1]
            pick = lambda frame, idx: tf.gather(frame, idx, axis=1, batch_dims=1)
            frames = tf.unstack(log_probs, axis=0)
            none = low * tf.ones_like(frames[0][:, 0])
            a = [frames[0][:, 0], pick(frames[0], first), none, none, none]
            for frame in frames[1:]:
                lse = lambda *terms: tf.reduce_logsumexp(tf.stack(terms, axis=1), axis=1)
                skip = tf.where(tf.equal(first, second), none, a[1])
                a = [
                    a[0] + frame[:, 0],
                    lse(a[1], a[0]) + pick(frame, first),
                    lse(a[2], a[1]) + frame[:, 0],
                    lse(a[3], a[2], skip) + pick(frame, second),
                    lse(a[4], a[3]) + frame[:, 0],
                ]
            return -lse(a[3], a[4])

        def wrap_ctc(unpacked_predictions, targets):
            log_probs = tf.transpose(unpacked_predictions, (1, 0, 2))
            return tf.reduce_mean(ctc_loss(log_probs, targets))

        predictions = tf.tensordot(batch["mel"], w, axes=1) + b
        return wrap_ctc(predictions, batch["chars"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
