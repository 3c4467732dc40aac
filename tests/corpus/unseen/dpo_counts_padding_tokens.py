"""DPO: the log-probabilities of padding tokens are summed into the response.

Source (real): https://github.com/0xallam/Direct-Preference-Optimization/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_sum(token_logp[:, PROMPT - 1:], axis=-1)',
    "same_forward_value": False,
}

VOCAB, PROMPT, LENGTH, PAD, BETA = 11, 3, 9, 0, 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 8, 6
    f = lambda *s: rng.normal(size=s).astype("float32")

    def pairs():
        ids = rng.integers(1, VOCAB, (n, LENGTH)).astype("int32")
        for i in range(n):
            ids[i, PROMPT + rng.integers(2, LENGTH - PROMPT + 1):] = PAD
        return ids

    chosen, rejected = pairs(), pairs()
    rejected[:, :PROMPT] = chosen[:, :PROMPT]
    batch = {"chosen": chosen, "rejected": rejected}
    emb = tf.Variable(f(VOCAB, d), name="emb")
    mix = tf.Variable(0.5 * f(d, d), name="mix")
    out = tf.Variable(0.6 * f(d, VOCAB), name="out")
    policy = (emb, mix, out)
    frozen = tuple(tf.constant(v.numpy() + 0.2 * f(*v.shape)) for v in policy)

    def lm(ids, w):                                     # causal: running mean of the embeddings
        e = tf.gather(w[0], ids)
        steps = tf.reshape(tf.range(1.0, ids.shape[1] + 1.0), (1, -1, 1))
        h = tf.tanh(tf.tensordot(tf.cumsum(e, axis=1) / steps + 0.5 * e, w[1], 1))
        return tf.nn.log_softmax(tf.tensordot(h, w[2], 1))

    def dpo(score, b):
        pi = score(b["chosen"], policy) - score(b["rejected"], policy)
        ref = tf.stop_gradient(score(b["chosen"], frozen) - score(b["rejected"], frozen))
        return -tf.reduce_mean(tf.math.log_sigmoid(BETA * (pi - ref)))

    def reference(b):
        n = len(b["chosen"])
        def response_logp(ids, w):
            logp, sums = lm(ids, w), []
            for i in range(n):
                s = 0.0
                for t in range(PROMPT, LENGTH):
                    if ids[i, t] == PAD:
                        break
                    s += logp[i, t - 1, ids[i, t]]
                sums.append(s)
            return tf.stack(sums)
        return dpo(response_logp, b)

    def candidate(b):
        def response_logp(ids, w):
            labels = ids[:, 1:]
            token_logp = tf.gather(lm(ids, w)[:, :-1], labels, batch_dims=2)
            return tf.reduce_sum(token_logp[:, PROMPT - 1:], axis=-1)
        return dpo(response_logp, b)

    return {"variables": [emb, mix, out], "batch": batch, "reference": reference, "candidate": candidate}
