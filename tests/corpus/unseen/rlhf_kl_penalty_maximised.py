"""RL fine-tuning of a language model: the KL penalty against the reference model is subtracted from the loss, so it is maximised.

Source (real): https://github.com/Unakar/Logic-RL/issues/58
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'policy_loss = pg_loss - kl_coef * kl_loss',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, length, d, vocab, clip, kl_coef = 10, 5, 6, 9, 0.2, 0.3
    w1 = tf.Variable(rng.normal(0, 0.5, (d, 12)), name="lm/w1")
    w2 = tf.Variable(rng.normal(0, 0.5, (12, vocab)), name="lm/w2")
    r1 = tf.constant(w1.numpy() + rng.normal(0, 0.4, w1.shape))
    r2 = tf.constant(w2.numpy() + rng.normal(0, 0.4, w2.shape))
    ids = rng.integers(0, vocab, (n, length))
    hid = rng.normal(size=(n, length, d))
    logits = np.tanh(hid @ w1.numpy()) @ w2.numpy()
    lse = np.log(np.exp(logits).sum(-1))
    old = np.take_along_axis(logits, ids[..., None], -1)[..., 0] - lse + rng.normal(0, 0.1, ids.shape)
    batch = {"hid": hid, "ids": ids, "old": old, "adv": rng.normal(size=n),
             "mask": (np.arange(length)[None] < rng.integers(2, length + 1, n)[:, None]).astype(np.float64)}

    def logp(h, ids_, a, c):
        lp = tf.nn.log_softmax(tf.tanh(h @ a) @ c, axis=-1)
        return tf.gather(lp, ids_, batch_dims=2)

    def masked_mean(x, m):
        return tf.reduce_sum(x * m) / tf.reduce_sum(m)

    def surrogate(b, lp):
        ratio = tf.exp(lp - b["old"])
        adv = b["adv"][:, None]
        return masked_mean(-tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - clip, 1 + clip) * adv), b["mask"])

    def k3(lp, ref):
        delta = ref - lp
        return tf.exp(delta) - delta - 1.0

    def reference(b):
        lp = logp(b["hid"], b["ids"], w1, w2)
        ref = logp(b["hid"], b["ids"], r1, r2)
        return surrogate(b, lp) + kl_coef * masked_mean(k3(lp, ref), b["mask"])

    def candidate(b):
        lp = logp(b["hid"], b["ids"], w1, w2)
        ref = logp(b["hid"], b["ids"], r1, r2)
        pg_loss = surrogate(b, lp)
        kl_loss = masked_mean(k3(lp, ref), b["mask"])
        policy_loss = pg_loss - kl_coef * kl_loss
        return policy_loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
