"""The average token loss counts the padded tokens in its denominator.
Source: https://github.com/NovaSky-AI/SkyRL/pull/462"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(token_loss)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, vocab, lo, hi, beta = 4, 6, 4, 7, 0.2, 0.28, 0.05
    w = tf.Variable(rng.standard_normal((d, vocab)).astype(f), name="w")
    b = tf.Variable((0.1 * rng.standard_normal(vocab)).astype(f), name="b")

    def reference(batch):
        num, den = 0.0, 0.0
        for i in range(n):
            logp = tf.nn.log_softmax(batch["h"][i] @ w + b)
            for j in range(t):
                lp = logp[j, batch["tok"][i, j]]
                r = tf.exp(lp - batch["old"][i, j])
                a = batch["adv"][i]
                obj = tf.minimum(r * a, tf.clip_by_value(r, 1 - lo, 1 + hi) * a)
                gap = batch["ref"][i, j] - lp
                num += batch["mask"][i, j] * (beta * (tf.exp(gap) - gap - 1) - obj)
                den += batch["mask"][i, j]
        return num / den

    def candidate(batch):
        mask = batch["mask"]
        logits = tf.einsum("btd,dv->btv", batch["h"], w) + b
        log_probs = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tok"], logits=logits)
        ratio = tf.exp(log_probs - batch["old"])
        advantages = batch["adv"][:, None] * tf.ones_like(ratio)
        surr1 = ratio * advantages
        surr2 = tf.clip_by_value(ratio, 1 - lo, 1 + hi) * advantages
        policy_loss = -tf.minimum(surr1, surr2)

        log_ratio = batch["ref"] - log_probs
        kl = tf.exp(log_ratio) - log_ratio - 1.0
        token_loss = (policy_loss + beta * kl) * mask
        return tf.reduce_mean(token_loss)

    mask = (np.arange(t)[None] < np.array([2, 6, 4, 3])[:, None])
    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.standard_normal((n, t, d)).astype(f),
                      "tok": rng.integers(0, vocab, (n, t)).astype("int32"),
                      "old": (-1.9 + 0.3 * rng.standard_normal((n, t))).astype(f),
                      "ref": (-1.9 + 0.3 * rng.standard_normal((n, t))).astype(f),
                      "adv": rng.standard_normal(n).astype(f), "mask": mask.astype(f)},
            "variables": [w, b]}
