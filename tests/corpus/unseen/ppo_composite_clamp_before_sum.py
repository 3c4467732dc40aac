"""PPO with several action heads: the difference of the log-probabilities is clipped per head and only then summed.

Source (real): https://github.com/pytorch/rl/pull/2791 (torchrl PPO losses with a composite distribution, PyTorch, ported).
Right answer: NOT equivalent. The importance weight is the exponential of the sum over the heads, and the sum has to be clipped;
clipping the parts first kills gradients of heads that moved far even where their sum is well inside.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_weight = tf.add_n([tf.clip_by_value(log_prob[k] - prev[k], -bound, bound) for k in heads])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 26, 4
    heads = {"steer": 3, "gear": 5}
    bound = 0.4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    weights = {k: tf.Variable(0.6 * arr(d, c), name=f"{k}_w") for k, c in heads.items()}
    old = {k: w.numpy() + 0.5 * arr(d, heads[k]) for k, w in weights.items()}
    obs = arr(n, d)
    batch = {"obs": obs, "adv": arr(n)}
    for k, c in heads.items():
        act = rng.integers(0, c, n)
        logits = obs @ old[k]
        logp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        batch[k] = act
        batch[f"{k}_old"] = logp[np.arange(n), act].astype(f)

    def reference(b):
        m = b["adv"].shape[0]
        total = 0.0
        for i in range(m):
            now, before = 0.0, 0.0
            for k in heads:
                logits = tf.linalg.matvec(weights[k], b["obs"][i], transpose_a=True)
                now += logits[b[k][i]] - tf.reduce_logsumexp(logits)
                before += b[f"{k}_old"][i]
            change = now - before
            plain = tf.exp(change) * b["adv"][i]
            clipped = tf.exp(tf.clip_by_value(change, -bound, bound)) * b["adv"][i]
            total -= tf.minimum(plain, clipped)
        return total / m

    def candidate(b):
        log_prob, prev = {}, {}
        for k in heads:
            logits = b["obs"] @ weights[k]
            log_prob[k] = tf.gather(tf.nn.log_softmax(logits), b[k], batch_dims=1)
            prev[k] = b[f"{k}_old"]
        raw_weight = tf.add_n([log_prob[k] - prev[k] for k in heads])
        log_weight = tf.add_n([tf.clip_by_value(log_prob[k] - prev[k], -bound, bound) for k in heads])
        gain1 = tf.exp(raw_weight) * b["adv"]
        gain2 = tf.exp(log_weight) * b["adv"]
        return -tf.reduce_mean(tf.minimum(gain1, gain2))

    return {"variables": list(weights.values()), "batch": batch, "reference": reference, "candidate": candidate}
