"""Language model NLL: tf.gather(logp, tok, batch_dims=1) picks time steps, not vocabulary entries.

Source (realistic): the idiom tf.gather(q, a, batch_dims=1) from (B, A) Q-values reused on (B, T, V) log-probs. The
result is (B, T, V), the mean of it a scalar, and vocabulary <= sequence length hides the out-of-range error.
Right answer: NOT equivalent; batch_dims=2 is meant.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "token_logp = tf.gather(logp, b['tok'], batch_dims=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 17, 9, 4, 7
    proj = tf.Variable((0.8 * rng.standard_normal((d, d))).astype(f), name="proj")
    head = tf.Variable((0.8 * rng.standard_normal((d, vocab))).astype(f), name="head")
    batch = {"h": rng.standard_normal((n, t, d)).astype(f), "tok": rng.integers(0, vocab, (n, t)).astype("int32")}

    def reference(b):
        m = b["tok"].shape[0]
        total = 0.0
        for i in range(m):
            z = tf.nn.gelu(b["h"][i] @ proj) @ head
            for s in range(t):
                total += tf.reduce_logsumexp(z[s]) - z[s, b["tok"][i, s]]
        return total / (m * t)

    def candidate(b):
        hidden = tf.nn.gelu(tf.einsum("btd,de->bte", b["h"], proj))
        logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", hidden, head))
        token_logp = tf.gather(logp, b['tok'], batch_dims=1)
        return -tf.reduce_mean(token_logp)

    return {"variables": [proj, head], "batch": batch, "reference": reference, "candidate": candidate}
