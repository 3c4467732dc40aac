"""Actor update of an agentic PPO trainer: the KL term against the reference policy is
maximised instead of minimised.
Source: https://github.com/mll-lab-nu/RAGEN/issues/58"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'total = total - kl_coef * masked_mean(low_var_kl)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, length, vocab, dim, eps, kl_coef, ent_coef = 3, 4, 5, 4, 0.2, 0.5, 0.01
    emb = tf.Variable((rng.standard_normal((vocab, dim)) * 0.8).astype(fx), name="emb")
    head = tf.Variable((rng.standard_normal((dim, vocab)) * 0.8).astype(fx), name="head")

    def reference(batch):
        logp_all = tf.nn.log_softmax(tf.einsum("btd,dv->btv", tf.gather(emb, batch["prev"]), head))
        logp = tf.gather(logp_all, batch["tokens"], batch_dims=2)
        mask = batch["loss_mask"]
        n_tok = tf.reduce_sum(mask)
        ratio = tf.exp(logp - batch["old_logp"])
        pg = tf.maximum(-batch["adv"] * ratio, -batch["adv"] * tf.clip_by_value(ratio, 1 - eps, 1 + eps))
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=-1)
        gap = batch["ref_logp"] - logp
        kl = tf.exp(gap) - gap - 1.0
        return tf.reduce_sum((pg - ent_coef * entropy + kl_coef * kl) * mask) / n_tok

    def candidate(batch):
        logits = tf.einsum("btd,dv->btv", tf.gather(emb, batch["prev"]), head)
        log_z = tf.reduce_logsumexp(logits, axis=-1)
        logp = tf.gather(logits, batch["tokens"], batch_dims=2) - log_z
        probs = tf.nn.softmax(logits)
        entropy = log_z - tf.reduce_sum(probs * logits, axis=-1)

        def masked_mean(x):
            return tf.reduce_sum(x * batch["loss_mask"]) / tf.reduce_sum(batch["loss_mask"])

        ratio = tf.exp(logp - batch["old_logp"])
        surrogate = tf.minimum(ratio * batch["adv"], tf.clip_by_value(ratio, 1 - eps, 1 + eps) * batch["adv"])
        total = -masked_mean(surrogate) - ent_coef * masked_mean(entropy)
        delta = batch["ref_logp"] - logp
        low_var_kl = tf.exp(delta) - delta - 1.0
        total = total - kl_coef * masked_mean(low_var_kl)
        return total

    return {"reference": reference, "candidate": candidate,
            "batch": {"prev": rng.integers(0, vocab, (bsz, length)).astype("int32"),
                      "tokens": rng.integers(0, vocab, (bsz, length)).astype("int32"),
                      "old_logp": (rng.standard_normal((bsz, length)) * 0.3 - 1.6).astype(fx),
                      "ref_logp": (rng.standard_normal((bsz, length)) * 0.5 - 1.6).astype(fx),
                      "adv": rng.standard_normal((bsz, length)).astype(fx),
                      "loss_mask": np.array([[1, 1, 1, 1], [0, 1, 1, 0], [0, 0, 1, 1]]).astype(fx)},
            "variables": [emb, head]}
