"""RNN transducer: the output of log_softmax is given to a loss that expects logits and applies log_softmax itself.

Source (real): https://github.com/speechbrain/speechbrain/issues/1339 (PyTorch with torchaudio's rnnt_loss, ported; reported as an
incorrect use).
Right answer: EQUIVALENT; log_softmax of log probabilities changes nothing, neither the value nor the gradient.
"""
import itertools

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, chars, vocab, d, hid = 12, 4, 2, 5, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.6 * arr(d, hid), name="encoder")
    pred = tf.Variable(0.6 * arr(vocab, hid), name="predictor")
    joint = tf.Variable(0.7 * arr(hid, vocab), name="joint")
    batch = {"wavs": arr(n, frames, d), "tokens": rng.integers(1, vocab, (n, chars))}

    def logits_of(b):
        history = tf.pad(b["tokens"], [[0, 0], [1, 0]])
        h = (b["wavs"] @ enc)[:, :, None] + tf.gather(pred, history)[:, None]
        return tf.tanh(h) @ joint

    def reference(b):
        logits = logits_of(b)
        total = 0.0
        m = logits.shape[0]
        for i in range(m):
            prob = tf.nn.softmax(logits[i])
            likelihood = 0.0
            for emit_at in itertools.combinations_with_replacement(range(frames), chars):
                path, u = 1.0, 0
                for t in range(frames):
                    while u < chars and emit_at[u] == t:
                        path *= prob[t, u, int(b["tokens"][i, u])]
                        u += 1
                    path *= prob[t, u, 0]
                likelihood += path
            total -= tf.math.log(likelihood)
        return total / m

    def candidate(b):
        def rnnt_loss(logits, targets, blank=0):
            log_probs = tf.nn.log_softmax(logits, axis=-1)
            blanks = log_probs[..., blank]
            emit = tf.gather(log_probs[:, :, :-1], tf.repeat(targets[:, None], frames, axis=1), batch_dims=3)
            alpha = {}
            for t, u in itertools.product(range(frames), range(chars + 1)):
                ways = []
                if t > 0:
                    ways.append(alpha[t - 1, u] + blanks[:, t - 1, u])
                if u > 0:
                    ways.append(alpha[t, u - 1] + emit[:, t, u - 1])
                alpha[t, u] = tf.reduce_logsumexp(tf.stack(ways), axis=0) if ways else tf.zeros_like(blanks[:, 0, 0])
            return tf.reduce_mean(-(alpha[frames - 1, chars] + blanks[:, frames - 1, chars]))

        logits_transducer = logits_of(b)
        p_transducer = tf.nn.log_softmax(logits_transducer)
        return rnnt_loss(p_transducer, b["tokens"])

    return {"variables": [enc, pred, joint], "batch": batch, "reference": reference, "candidate": candidate}
