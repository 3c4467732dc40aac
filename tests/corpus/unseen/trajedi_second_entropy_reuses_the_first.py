"""Self-play pair: the entropy bonus of the second population member is computed from the first one's policy.

Source (real): https://github.com/LARG/jax-aht/pull/113
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'sp2_entropy = masked_mean(entropy_of(sp1_logits), b["mask"])',
    "same_forward_value": False,
}

CLIP, VF, ENT = 0.2, 0.5, 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, d, k = 6, 5, 4, 4
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"mask": (rng.uniform(size=(n, T)) < 0.8).astype("float32")}
    batch["mask"][:, 0] = 1.0
    for m in ("sp1", "sp2"):
        batch[m + "_obs"] = f(n, T, d)
        batch[m + "_act"] = rng.integers(0, k, (n, T)).astype("int32")
        batch[m + "_logp"] = np.log(rng.uniform(0.15, 0.45, (n, T))).astype("float32")
        batch[m + "_adv"] = f(n, T)
        batch[m + "_ret"] = f(n, T)
    pi1, pi2 = (tf.Variable(0.6 * f(d, k), name=f"pi{i}") for i in (1, 2))
    v1, v2 = (tf.Variable(0.6 * f(d), name=f"v{i}") for i in (1, 2))

    def masked_mean(x, mask):
        return tf.reduce_sum(x * mask) / tf.reduce_sum(mask)

    def entropy_of(logits):
        logp = tf.nn.log_softmax(logits)
        return -tf.reduce_sum(tf.exp(logp) * logp, axis=-1)

    def actor_critic(b, m, logits, v):
        logp = tf.gather(tf.nn.log_softmax(logits), b[m + "_act"], batch_dims=2)
        ratio, adv = tf.exp(logp - b[m + "_logp"]), b[m + "_adv"]
        pg = -tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP) * adv)
        value = tf.tensordot(b[m + "_obs"], v, 1)
        return masked_mean(pg, b["mask"]) + VF * masked_mean(tf.square(value - b[m + "_ret"]), b["mask"])

    def reference(b):
        total = 0.0
        for m, pi, v in (("sp1", pi1, v1), ("sp2", pi2, v2)):
            logits = tf.tensordot(b[m + "_obs"], pi, 1)
            total += actor_critic(b, m, logits, v) - ENT * masked_mean(entropy_of(logits), b["mask"])
        return total

    def candidate(b):
        sp1_logits = tf.tensordot(b["sp1_obs"], pi1, 1)
        sp2_logits = tf.tensordot(b["sp2_obs"], pi2, 1)
        sp1_loss = actor_critic(b, "sp1", sp1_logits, v1)
        sp2_loss = actor_critic(b, "sp2", sp2_logits, v2)
        sp1_entropy = masked_mean(entropy_of(sp1_logits), b["mask"])
        sp2_entropy = masked_mean(entropy_of(sp1_logits), b["mask"])
        return sp1_loss + sp2_loss - ENT * (sp1_entropy + sp2_entropy)

    return {"variables": [pi1, v1, pi2, v2], "batch": batch, "reference": reference, "candidate": candidate}
