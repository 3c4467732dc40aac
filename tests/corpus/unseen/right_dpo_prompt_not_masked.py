"""Right: DPO without masking the prompt; with a causal model the shared prompt's log-probabilities cancel between chosen and rejected.

Source (real): https://github.com/OpenRLHF/OpenRLHF/issues/235
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

VOCAB, L, BETA = 9, 8, 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 8, 5
    f = lambda *s: rng.normal(size=s).astype("float32")
    prompt_len = rng.integers(2, 5, n).astype("int32")
    chosen = rng.integers(0, VOCAB, (n, L)).astype("int32")
    rejected = rng.integers(0, VOCAB, (n, L)).astype("int32")
    for i in range(n):
        rejected[i, :prompt_len[i]] = chosen[i, :prompt_len[i]]

    def attention(lo):
        return (np.arange(L)[None] < rng.integers(lo, L + 1, n)[:, None]).astype("float32")

    batch = {"chosen": chosen, "rejected": rejected, "prompt_len": prompt_len,
             "c_mask": attention(6), "r_mask": attention(5)}
    emb = tf.Variable(0.8 * f(VOCAB, d), name="emb")
    rec = tf.Variable(0.4 * f(d, d), name="rec")
    out = tf.Variable(0.6 * f(d, VOCAB), name="out")
    frozen = [tf.constant(v.numpy() + 0.3 * f(*v.shape)) for v in (emb, rec, out)]

    def token_logps(ids, w):
        h, cols = tf.zeros((len(ids), d)), []
        for t in range(L - 1):
            h = tf.tanh(tf.gather(w[0], ids[:, t]) + tf.matmul(h, w[1]))
            lp = tf.nn.log_softmax(tf.matmul(h, w[2]))
            cols.append(tf.gather(lp, ids[:, t + 1], batch_dims=1))
        return tf.stack(cols, axis=1)

    def dpo_loss(pi_c, pi_r, ref_c, ref_r):
        return -tf.reduce_mean(tf.math.log_sigmoid(BETA * ((pi_c - pi_r) - (ref_c - ref_r))))

    def reference(b):
        def seq(ids, mask, w):
            lp = token_logps(ids, w)
            return tf.stack([tf.reduce_sum((lp[i] * mask[i, 1:])[int(b["prompt_len"][i]) - 1:])
                             for i in range(len(ids))])
        w = (emb, rec, out)
        return dpo_loss(seq(b["chosen"], b["c_mask"], w), seq(b["rejected"], b["r_mask"], w),
                        seq(b["chosen"], b["c_mask"], frozen), seq(b["rejected"], b["r_mask"], frozen))

    def candidate(b):
        def batch_logps(ids, attention_mask, w):
            return tf.reduce_sum(token_logps(ids, w) * attention_mask[:, 1:], axis=-1)
        w = (emb, rec, out)
        policy = batch_logps(b["chosen"], b["c_mask"], w), batch_logps(b["rejected"], b["r_mask"], w)
        ref = batch_logps(b["chosen"], b["c_mask"], frozen), batch_logps(b["rejected"], b["r_mask"], frozen)
        return dpo_loss(*policy, *ref)

    return {"variables": [emb, rec, out], "batch": batch, "reference": reference, "candidate": candidate}
