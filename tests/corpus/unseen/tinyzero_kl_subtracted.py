"""TinyZero actor update: the KL to the reference policy is subtracted from the loss that is minimised, so the policy is
driven away from the reference model.
Source: https://github.com/Jiayi-Pan/TinyZero/pull/72"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "policy_loss = policy_loss - kl_loss * config['kl_loss_coef']",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 13, 6, 5, 8
    head = keras.layers.Dense(v, name="lm_head")
    head.build((None, t, d))
    config = {"clip_ratio": 0.2, "entropy_coeff": 0.01, "kl_loss_coef": 0.4}
    lens = rng.integers(2, t + 1, size=n)
    batch = {
        "hidden": rng.normal(size=(n, t, d)).astype(f),
        "responses": rng.integers(0, v, size=(n, t)).astype("int32"),
        "response_mask": (np.arange(t) < lens[:, None]).astype(f),
        "old_log_probs": (-2.0 + 0.3 * rng.normal(size=(n, t))).astype(f),
        "ref_log_prob": (-2.0 + 0.5 * rng.normal(size=(n, t))).astype(f),
        "advantages": rng.normal(size=(n, t)).astype(f),
    }

    def reference(batch):
        logits = head(batch["hidden"])
        m, size = batch["response_mask"], tf.reduce_sum(batch["response_mask"])
        lp_all = tf.nn.log_softmax(logits, axis=-1)
        lp = tf.reduce_sum(lp_all * tf.one_hot(batch["responses"], v, dtype=f), axis=-1)
        r = tf.exp(lp - batch["old_log_probs"])
        surrogate = tf.minimum(r * batch["advantages"], tf.clip_by_value(r, 0.8, 1.2) * batch["advantages"])
        h = -tf.reduce_sum(tf.exp(lp_all) * lp_all, axis=-1)
        gap = batch["ref_log_prob"] - lp
        k3 = tf.exp(gap) - gap - 1.0
        return tf.reduce_sum(m * (0.4 * k3 - surrogate - 0.01 * h)) / size

    def masked_mean(x, mask):
        return tf.reduce_sum(x * mask) / tf.reduce_sum(mask)

    def logprobs_from_logits(logits, labels):
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)

    def entropy_from_logits(logits):
        pd = tf.nn.softmax(logits)
        return tf.reduce_logsumexp(logits, axis=-1) - tf.reduce_sum(pd * logits, axis=-1)

    def kl_penalty(logprob, ref_logprob):
        kl = ref_logprob - logprob
        return tf.exp(kl) - kl - 1

    def candidate(batch):
        mask, adv = batch["response_mask"], batch["advantages"]
        logits = head(batch["hidden"])
        log_prob = logprobs_from_logits(logits, batch["responses"])
        ratio = tf.exp(log_prob - batch["old_log_probs"])
        pg_losses = -adv * ratio
        pg_losses2 = -adv * tf.clip_by_value(ratio, 1 - config["clip_ratio"], 1 + config["clip_ratio"])
        pg_loss = masked_mean(tf.maximum(pg_losses, pg_losses2), mask)
        policy_loss = pg_loss - masked_mean(entropy_from_logits(logits), mask) * config["entropy_coeff"]
        kl_loss = masked_mean(kl_penalty(log_prob, batch["ref_log_prob"]), mask)
        policy_loss = policy_loss - kl_loss * config['kl_loss_coef']
        return policy_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": head.trainable_variables}
