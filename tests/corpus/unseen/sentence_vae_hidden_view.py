"""Sentence VAE: the final state of the bidirectional encoder is (directions, batch, hidden) and is viewed as (batch, directions * hidden).

Source (real): https://github.com/timbmg/Sentence-VAE/issues/15 (model.py, PyTorch, ported).
Right answer: NOT equivalent; the view puts the states of different sentences together, the axes have to be transposed before.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "hidden = tf.reshape(hidden, [batch_size, hidden_size * hidden_factor])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d, hidden_size, latent = 14, 5, 4, 3, 2
    hidden_factor = 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wx = [tf.Variable(0.6 * arr(d, hidden_size), name=f"rnn_x{k}") for k in range(2)]
    wh = [tf.Variable(0.5 * arr(hidden_size, hidden_size), name=f"rnn_h{k}") for k in range(2)]
    to_mean = tf.Variable(0.6 * arr(hidden_size * hidden_factor, latent), name="hidden2mean")
    to_logv = tf.Variable(0.4 * arr(hidden_size * hidden_factor, latent), name="hidden2logv")
    out = tf.Variable(0.7 * arr(latent, d), name="latent2out")
    batch = {"x": arr(n, length, d), "eps": arr(n, latent)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for x, e in zip(tf.unstack(b["x"]), tf.unstack(b["eps"])):
            ends = []
            for k, steps in enumerate((range(length), reversed(range(length)))):
                state = tf.zeros((1, hidden_size), dtype=x.dtype)
                for t in steps:
                    state = tf.tanh(x[t : t + 1] @ wx[k] + state @ wh[k])
                ends.append(state)
            code = tf.concat(ends, axis=1)
            mu, lv = (code @ to_mean)[0], (code @ to_logv)[0]
            z = mu + tf.exp(lv / 2) * e
            rec = tf.linalg.matvec(out, z, transpose_a=True) - tf.reduce_mean(x, axis=0)
            total += tf.reduce_sum(rec**2) + 0.1 * tf.reduce_sum(0.5 * (tf.exp(lv) + mu**2 - 1 - lv))
        return total / m

    def candidate(b):
        def encoder_rnn(seq):
            states = []
            for k, steps in enumerate([seq, tf.reverse(seq, axis=[1])]):
                h = tf.zeros((seq.shape[0], hidden_size), dtype=seq.dtype)
                for step in tf.unstack(steps, axis=1):
                    h = tf.tanh(step @ wx[k] + h @ wh[k])
                states.append(h)
            return tf.stack(states, axis=0)

        batch_size = b["x"].shape[0]
        hidden = encoder_rnn(b["x"])
        # flatten hidden state
        hidden = tf.reshape(hidden, [batch_size, hidden_size * hidden_factor])
        mean, logv = hidden @ to_mean, hidden @ to_logv
        z = b["eps"] * tf.exp(0.5 * logv) + mean
        recon = tf.reduce_sum(tf.square(z @ out - tf.reduce_mean(b["x"], axis=1)))
        KL_loss = -0.5 * tf.reduce_sum(1 + logv - tf.square(mean) - tf.exp(logv))
        return (recon + 0.1 * KL_loss) / batch_size

    return {"variables": [*wx, *wh, to_mean, to_logv, out], "batch": batch, "reference": reference, "candidate": candidate}
