"""Language model likelihood: log_softmax is applied in the model wrapper and once more in the loss.

Source (real): https://github.com/IINemo/lm-polygraph/pull/157 (PyTorch, ported; "duplicated log_softmax fixed").
Right answer: EQUIVALENT; log_softmax is idempotent (its output already has logsumexp zero), in value and in gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, vocab, d = 17, 6, 8, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embed = tf.Variable(arr(vocab, d), name="embed")
    head = tf.Variable(arr(d, vocab), name="lm_head")
    lens = rng.integers(2, length + 1, n)
    tokens = rng.integers(1, vocab, (n, length))
    batch = {"tokens": np.where(np.arange(length)[None] < lens[:, None], tokens, 0)}
    ent_weight = 0.3

    def logits_of(tokens):
        return tf.tanh(tf.gather(embed, tokens)) @ head

    def reference(b):
        total, count = 0.0, 0.0
        for t in range(length - 1):
            z = logits_of(b["tokens"][:, t])
            keep = tf.cast(b["tokens"][:, t + 1] > 0, z.dtype)
            lse = tf.reduce_logsumexp(z, -1)
            nll = lse - tf.gather(z, b["tokens"][:, t + 1], batch_dims=1)
            entropy = lse - tf.reduce_sum(tf.nn.softmax(z) * z, -1)
            total += tf.reduce_sum(keep * (nll + ent_weight * entropy))
            count += tf.reduce_sum(keep)
        return total / count

    def candidate(b):
        class WhiteboxModel:
            def __call__(self, input_ids):
                scores = logits_of(input_ids)
                return {"logits": tf.nn.log_softmax(scores, axis=-1)}

        model = WhiteboxModel()
        out = model(b["tokens"][:, :-1])
        logprobs = tf.nn.log_softmax(out["logits"], axis=-1)
        target = b["tokens"][:, 1:]
        keep = tf.cast(tf.not_equal(target, 0), logprobs.dtype)
        ll = tf.gather(logprobs, target, batch_dims=2)
        entropies = -tf.reduce_sum(logprobs * tf.exp(logprobs), axis=-1)
        return tf.reduce_sum((ent_weight * entropies - ll) * keep) / tf.reduce_sum(keep)

    return {"variables": [embed, head], "batch": batch, "reference": reference, "candidate": candidate}
