"""RLHF: the reward-model score is added to every token's KL penalty, not to the last token only.

Source (realistic): ports of trl's PPOTrainer.compute_rewards / openai/lm-human-preferences, where
`rewards[last] += score` is easily vectorised into `score[:, None] - beta * kl`.
Right answer: NOT equivalent; (n, 1) silently broadcasts over (n, T), early tokens get the score many times.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'rewards = (b["score"][:, None] - _BETA * kl) * b["mask"]',
    "same_forward_value": False,
}

_BETA = 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 14, 6, 4, 8
    embed = tf.Variable((0.7 * rng.standard_normal((vocab, d))).astype(f), name="embed")
    head = tf.Variable((0.7 * rng.standard_normal((d, vocab))).astype(f), name="head")
    length = rng.integers(2, t + 1, n)
    batch = {
        "prev": rng.integers(0, vocab, (n, t)),
        "tok": rng.integers(0, vocab, (n, t)),
        "ref_logp": (-2.0 + 0.5 * rng.standard_normal((n, t))).astype(f),
        "score": (0.5 + rng.standard_normal(n)).astype(f),
        "mask": (np.arange(t)[None] < length[:, None]).astype(f),
    }

    def chosen_logp(prev, tok):
        logits = tf.tanh(tf.gather(embed, prev)) @ head
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tok, logits=logits)

    def reference(b):
        m = b["tok"].shape[0]
        total = 0.0
        for i in range(m):
            lp = chosen_logp(b["prev"][i], b["tok"][i])
            size = int(tf.reduce_sum(b["mask"][i]))
            togo, terms = b["score"][i], []
            for s in reversed(range(size)):
                togo = togo - _BETA * (tf.stop_gradient(lp[s]) - b["ref_logp"][i, s])
                terms.append(lp[s] * togo)
            total -= tf.add_n(terms)
        return total / m

    def candidate(b):
        lp = chosen_logp(b["prev"], b["tok"])
        kl = tf.stop_gradient(lp) - b["ref_logp"]
        rewards = (b["score"][:, None] - _BETA * kl) * b["mask"]
        togo = tf.cumsum(rewards, axis=1, reverse=True)
        return -tf.reduce_mean(tf.reduce_sum(lp * togo * b["mask"], axis=1))

    return {"variables": [embed, head], "batch": batch, "reference": reference, "candidate": candidate}
