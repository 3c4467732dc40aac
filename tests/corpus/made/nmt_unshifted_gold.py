"""Translation decoder with teacher forcing: the gold tokens are the inputs, not the next tokens.

Source (constructed): boolean_mask rewrite of a padded token loss with one of the two shifts lost.
Right answer: NOT equivalent; the model is trained to copy its input.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'gold = tf.boolean_mask(b["tok"][:, :-1], keep)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, vocab, dim = 22, 7, 9, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = tf.Variable(0.7 * arr(vocab, dim), name="tok_emb")
    mix = tf.Variable(0.7 * arr(dim, dim), name="ctx_w")
    head = tf.Variable(0.7 * arr(dim, vocab), name="vocab_w")
    length = rng.integers(3, steps + 1, n)
    tok = rng.integers(1, vocab, (n, steps)) * (np.arange(steps)[None] < length[:, None])
    batch = {"ctx": arr(n, dim), "tok": tok.astype("int32")}

    def reference(b):
        total, count = 0.0, 0.0
        for t in range(steps - 1):
            h = tf.tanh(tf.gather(emb, b["tok"][:, t]) + b["ctx"] @ mix)
            nxt = b["tok"][:, t + 1]
            nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=nxt, logits=h @ head)
            real = tf.cast(nxt > 0, nll.dtype)
            total += tf.reduce_sum(nll * real)
            count += tf.reduce_sum(real)
        return total / count

    def candidate(b):
        keep = tf.not_equal(b["tok"][:, 1:], 0)
        seen = tf.einsum("ntv,vd->ntd", tf.one_hot(b["tok"][:, :-1], vocab, dtype=f), emb)
        state = tf.tanh(seen + tf.einsum("nd,de->ne", b["ctx"], mix)[:, None, :])
        logits = tf.boolean_mask(tf.einsum("ntd,dv->ntv", state, head), keep)
        gold = tf.boolean_mask(b["tok"][:, :-1], keep)
        picked = tf.gather(tf.nn.log_softmax(logits), gold, batch_dims=1)
        return -tf.reduce_mean(picked)

    return {"variables": [emb, mix, head], "batch": batch, "reference": reference, "candidate": candidate}
