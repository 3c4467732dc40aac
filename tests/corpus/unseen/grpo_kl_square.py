"""The GRPO trainer penalises the mean squared log-ratio to the reference model in place of a KL estimate.
Source: https://github.com/one-covenant/grail/pull/42"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl_loss = tf.reduce_mean(tf.square(log_ratio))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, length, vocab, dim = 4, 5, 6, 3
    kl_coef, ent_coef = 0.5, 0.01
    h = rng.normal(size=(n, length, dim)).astype(fx)
    tokens = rng.integers(0, vocab, size=(n, length))
    adv = rng.normal(size=(n,)).astype(fx)
    ref_w = rng.normal(size=(dim, vocab)).astype(fx)
    w = tf.Variable((ref_w + 0.6 * rng.normal(size=(dim, vocab))).astype(fx), name="lm_head")

    def reference(batch):
        cur = tf.nn.log_softmax(batch["h"] @ w)
        ref = tf.nn.log_softmax(batch["h"] @ batch["ref_w"])
        lp = tf.gather(cur, batch["tokens"], batch_dims=2)
        lp_ref = tf.gather(ref, batch["tokens"], batch_dims=2)
        pg = -tf.reduce_mean(batch["adv"] * tf.reduce_sum(lp, axis=1))
        k3 = tf.exp(lp_ref - lp) - (lp_ref - lp) - 1.0
        ent = -tf.reduce_mean(tf.reduce_sum(tf.exp(cur) * cur, axis=-1))
        return pg + kl_coef * tf.reduce_mean(k3) - ent_coef * ent

    def candidate(batch):
        def compute_logprobs(kernel):
            logp_all = tf.nn.log_softmax(batch["h"] @ kernel)
            return tf.gather(logp_all, batch["tokens"], batch_dims=2), logp_all

        logprobs_current, logp_all = compute_logprobs(w)
        logprobs_ref, _ = compute_logprobs(batch["ref_w"])
        logprobs_ref = tf.stop_gradient(logprobs_ref)

        seq_logprobs = tf.reduce_sum(logprobs_current, axis=1)
        pg_loss = -tf.reduce_mean(batch["adv"] * seq_logprobs)

        log_ratio = logprobs_current - logprobs_ref
        kl_loss = tf.reduce_mean(tf.square(log_ratio))
        entropy = tf.reduce_mean(-tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=-1))
        return pg_loss + kl_coef * kl_loss - ent_coef * entropy

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": h, "tokens": tokens, "adv": adv, "ref_w": ref_w}, "variables": [w]}
