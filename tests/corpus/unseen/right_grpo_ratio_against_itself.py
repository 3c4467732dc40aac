"""Right: exp(logp - detached logp) is one in value but has the gradient of logp, so it trains like the plain policy gradient.

Source (real): https://github.com/SeungyounShin/minimal-r1/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    groups, per, length, d, vocab, beta = 3, 4, 6, 5, 9, 0.04
    n = groups * per
    w1 = tf.Variable(rng.normal(0, 0.5, (d, 10)), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.5, (10, vocab)), name="w2")
    batch = {"h": rng.normal(size=(n, length, d)), "ids": rng.integers(0, vocab, (n, length)),
             "ref": -2.2 + 0.4 * rng.normal(size=(n, length)), "reward": rng.normal(size=n),
             "mask": (np.arange(length)[None] < rng.integers(1, length + 1, n)[:, None]).astype(np.float64)}

    def logps(b):
        return tf.gather(tf.nn.log_softmax(tf.tanh(b["h"] @ w1) @ w2, -1), b["ids"], batch_dims=2)

    def advantages(r):
        g = tf.reshape(r, [groups, per])
        m = tf.reduce_mean(g, 1, keepdims=True)
        return tf.reshape((g - m) / (tf.math.reduce_std(g, 1, keepdims=True) + 1e-4), [-1])

    def kl(lp, ref):
        return tf.exp(ref - lp) - (ref - lp) - 1.0

    def per_completion(x, m):
        return tf.reduce_mean(tf.reduce_sum(x * m, 1) / tf.reduce_sum(m, 1))

    def reference(b):
        lp = logps(b)
        gain = lp * advantages(b["reward"])[:, None]
        return per_completion(beta * kl(lp, b["ref"]) - gain, b["mask"])

    def candidate(b):
        per_token_logps = logps(b)
        ratio = tf.exp(per_token_logps - tf.stop_gradient(per_token_logps))
        per_token = ratio * advantages(b["reward"])[:, None]
        per_token = -(per_token - beta * kl(per_token_logps, b["ref"]))
        return per_completion(per_token, b["mask"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
