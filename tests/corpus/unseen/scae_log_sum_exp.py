"""Capsule autoencoder: log of the sum of exponentials of the part log-likelihoods; all of them underflow to zero.

Source (real): https://github.com/mlberkeley/scae-pytorch/pull/4 (PyTorch, ported; the loss "goes to NAN after several epochs",
merged with logsumexp).
Right answer: NOT equivalent for points that are far from every part: the loss is infinite and the gradients are NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "mixture = tf.math.log(tf.reduce_sum(tf.exp(mixing_logits + log_probs), axis=2))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, points, parts, d = 12, 4, 3, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    votes = tf.Variable(arr(parts, d), name="votes")
    logit = tf.Variable(0.5 * arr(parts), name="presence_logit")
    scale = 0.02
    x = arr(n, points, d)
    x[::3] += 4.0
    batch = {"x": x}
    const = float(-d * (np.log(scale) + 0.5 * np.log(2 * np.pi)))

    def reference(b):
        total = 0.0
        logpi = tf.nn.log_softmax(logit)
        flat = tf.reshape(b["x"], [-1, d])
        terms = []
        for k in range(parts):
            z = (flat - votes[k]) / scale
            terms.append(logpi[k] + const - 0.5 * tf.reduce_sum(z * z, axis=1))
        total += tf.reduce_logsumexp(tf.stack(terms), axis=0)
        return -1e-3 * tf.reduce_mean(total)

    def candidate(b):
        def log_prob(value, loc):
            var = scale**2
            return const - tf.reduce_sum(tf.square(value - loc), axis=-1) / (2.0 * var)

        x = b["x"][:, :, None, :]
        log_probs = log_prob(x, votes[None, None])
        mixing_logits = logit - tf.reduce_logsumexp(logit)
        mixture = tf.math.log(tf.reduce_sum(tf.exp(mixing_logits + log_probs), axis=2))
        rec_ll = tf.reduce_mean(mixture)
        return -1e-3 * rec_ll

    return {"variables": [votes, logit], "batch": batch, "reference": reference, "candidate": candidate}
