"""GRPO actor with use_kl_loss: the KL to the reference policy is subtracted from the loss, which drives the policy away.
Source: https://github.com/qiancheng0/ToolRL/issues/52"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "policy_loss = policy_loss - kl_loss * kl_loss_coef",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, feat, vocab, kl_loss_coef, ent_coef = 12, 5, 6, 7, 0.2, 0.01
    lm = keras.layers.Dense(vocab, name="lm_head")
    lm.build((None, feat))

    def reference(batch):
        logits = tf.einsum("btf,fv->btv", batch["hidden"], lm.kernel) + lm.bias
        all_logp = tf.nn.log_softmax(logits)
        logp = tf.reduce_sum(all_logp * tf.one_hot(batch["token"], vocab, dtype=f), -1)
        gain = tf.exp(logp - batch["old_logp"]) * batch["adv"][:, None]
        k = batch["ref_logp"] - logp
        penalty = tf.exp(k) - 1 - k
        h = -tf.reduce_sum(tf.exp(all_logp) * all_logp, -1)
        token_obj = gain - kl_loss_coef * penalty + ent_coef * h
        return -tf.reduce_sum(token_obj * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        def masked_mean(values, mask):
            return tf.reduce_sum(values * mask) / tf.reduce_sum(mask)

        def kl_penalty(logprob, ref_logprob, kind="low_var_kl"):
            if kind == "kl":
                return logprob - ref_logprob
            kl = ref_logprob - logprob
            ratio = tf.exp(kl)
            return ratio - kl - 1

        def forward_micro_batch(hidden, token):
            logits = tf.reshape(lm(tf.reshape(hidden, (-1, feat))), (n, steps, vocab))
            lse = tf.reduce_logsumexp(logits, axis=-1)
            entropy = lse - tf.reduce_sum(tf.nn.softmax(logits) * logits, axis=-1)
            return entropy, tf.gather(logits, token, batch_dims=2) - lse

        entropy, log_prob = forward_micro_batch(batch["hidden"], batch["token"])
        mask = batch["mask"]
        pg_loss = masked_mean(-batch["adv"][:, None] * tf.exp(log_prob - batch["old_logp"]), mask)
        policy_loss = pg_loss - masked_mean(entropy, mask) * ent_coef
        kld = kl_penalty(log_prob, batch["ref_logp"])
        kl_loss = masked_mean(kld, mask)
        policy_loss = policy_loss - kl_loss * kl_loss_coef
        return policy_loss

    mask = (np.arange(steps)[None] < rng.integers(2, steps + 1, n)[:, None]).astype(f)
    batch = {"hidden": rng.normal(size=(n, steps, feat)).astype(f), "token": rng.integers(0, vocab, (n, steps)),
             "old_logp": (-2 + 0.3 * rng.normal(size=(n, steps))).astype(f),
             "ref_logp": (-2 + 0.8 * rng.normal(size=(n, steps))).astype(f),
             "adv": rng.normal(size=n).astype(f), "mask": mask}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": lm.trainable_variables}
