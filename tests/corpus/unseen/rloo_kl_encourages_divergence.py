"""RLOO loss with a squared log-ratio KL penalty; the penalty entered so that divergence from the reference policy was encouraged.
Source: https://github.com/marin-community/marin/issues/1708"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'sign',
    "line_marker": 'loss = reinforce_loss - kl_coef * kl_loss',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, length, dim, vocab, kl_coef = 12, 6, 5, 7, 0.3
    head = keras.layers.Dense(vocab)
    head.build((None, length, dim))
    lens = rng.integers(2, length + 1, n)
    batch = {
        "hidden": rng.standard_normal((n, length, dim)).astype(f),
        "ids": rng.integers(0, vocab, (n, length)),
        "mask": (np.arange(length)[None] < lens[:, None]).astype(f),
        "old_logp": (-np.log(vocab) + 0.2 * rng.standard_normal((n, length))).astype(f),
        "ref_logp": (-np.log(vocab) + 0.4 * rng.standard_normal((n, length))).astype(f),
        "adv": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"], logits=head(b["hidden"]))
        ratio = tf.exp(-nll - b["old_logp"])
        tokens = tf.reduce_sum(b["mask"])
        gain = tf.reduce_sum(b["mask"] * ratio * b["adv"][:, None]) / tokens
        drift = tf.reduce_sum(b["mask"] * tf.square(nll + b["ref_logp"])) / tokens
        return kl_coef * drift - gain

    def candidate(b):
        def token_logprobs(hidden, ids):
            logp = keras.ops.log_softmax(head(hidden), axis=-1)
            return tf.reduce_sum(logp * tf.one_hot(ids, vocab, dtype=f), -1)

        def masked_mean(x):
            return keras.ops.sum(x * b["mask"]) / keras.ops.sum(b["mask"])

        current = token_logprobs(b["hidden"], b["ids"])
        importance = keras.ops.exp(current - b["old_logp"])
        reinforce_loss = masked_mean(-importance * keras.ops.expand_dims(b["adv"], 1))
        log_ratio = current - b["ref_logp"]
        kl_loss = masked_mean(log_ratio ** 2)
        loss = reinforce_loss - kl_coef * kl_loss
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": head.trainable_variables}
