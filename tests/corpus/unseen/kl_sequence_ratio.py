"""GRPO with sequence-level importance sampling: the (B, 1) sequence ratio is broadcast onto
the per-token KL where the bias correction needs per-token ratios.
Source: https://github.com/huggingface/trl/pull/6594"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'per_token_kl = per_token_kl * coef',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, length, vocab, dim, beta, eps = 3, 5, 6, 4, 0.4, 0.2
    emb = tf.Variable((rng.standard_normal((vocab, dim)) * 0.7).astype(fx), name="emb")
    head = tf.Variable((rng.standard_normal((dim, vocab)) * 0.7).astype(fx), name="head")
    lens = np.array([5, 3, 4])
    mask_np = (np.arange(length)[None] < lens[:, None]).astype(fx)

    def logps(batch):
        h = tf.tanh(tf.gather(emb, batch["prev"]))
        return tf.gather(tf.nn.log_softmax(tf.einsum("btd,dv->btv", h, head)), batch["tokens"], batch_dims=2)

    def reference(batch):
        lp = logps(batch)
        m = batch["mask"]
        ratio = lp - batch["old_logp"]
        seq_w = tf.exp(tf.reduce_sum(ratio * m, axis=1) / tf.reduce_sum(m, axis=1))
        a = batch["advantages"]
        pg = -tf.minimum(seq_w * a, tf.clip_by_value(seq_w, 1 - eps, 1 + eps) * a)
        diff = batch["ref_logp"] - lp
        kl = (tf.exp(diff) - diff - 1.0) * tf.exp(ratio)
        tok = pg[:, None] + beta * kl
        return tf.reduce_mean(tf.reduce_sum(tok * m, axis=1) / tf.reduce_sum(m, axis=1))

    def candidate(batch):
        per_token_logps = logps(batch)
        mask = batch["mask"]
        log_ratio = per_token_logps - batch["old_logp"]
        lengths = tf.reduce_sum(mask, axis=-1, keepdims=True)
        log_importance = tf.reduce_sum(log_ratio * mask, axis=-1, keepdims=True) / lengths
        coef = tf.exp(log_importance)
        clipped = tf.clip_by_value(coef, 1 - eps, 1 + eps)
        adv = batch["advantages"][:, None]
        per_token_loss = -tf.minimum(coef * adv, clipped * adv)
        delta = batch["ref_logp"] - per_token_logps
        per_token_kl = tf.exp(delta) - delta - 1.0
        per_token_kl = per_token_kl * coef
        per_token_loss = per_token_loss + beta * per_token_kl
        return tf.reduce_mean(tf.reduce_sum(per_token_loss * mask / lengths, axis=-1))

    base = rng.standard_normal((2, bsz, length)) * 0.6 - 1.8
    return {"reference": reference, "candidate": candidate,
            "batch": {"prev": rng.integers(0, vocab, (bsz, length)).astype("int32"),
                      "tokens": rng.integers(0, vocab, (bsz, length)).astype("int32"),
                      "old_logp": base[0].astype(fx), "ref_logp": base[1].astype(fx),
                      "advantages": np.array([1.2, -0.7, 0.4]).astype(fx), "mask": mask_np},
            "variables": [emb, head]}
