"""DPO: a sequence's log-probability is the mean over the padded length rather than the sum over its tokens.

Source (real): https://github.com/jingyaogong/minimind/issues/298
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'seq = tf.reduce_mean(token_logp * b["mask"], axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, length, d, vocab, beta = 12, 7, 5, 10, 0.4
    half = n // 2
    w1 = tf.Variable(rng.normal(0, 0.6, (d, 10)), name="w1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.6, (10, vocab)), name="w2", dtype=tf.float32)
    lens = rng.integers(2, length + 1, n)
    mask = (np.arange(length)[None] < lens[:, None]).astype(np.float32)
    batch = {"h": rng.normal(size=(n, length, d)).astype(np.float32), "tok": rng.integers(0, vocab, (n, length)).astype(np.int32),
             "mask": mask, "ref": (-2.3 + 0.3 * rng.normal(size=(n, length))).astype(np.float32)}

    def token_logprobs(b):
        logits = tf.nn.gelu(b["h"] @ w1) @ w2
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["tok"], logits=logits)

    def preference(chosen, rejected, ref_chosen, ref_rejected):
        margin = (chosen - rejected) - (ref_chosen - ref_rejected)
        return tf.reduce_mean(tf.nn.softplus(-beta * margin))

    def reference(b):
        lp = token_logprobs(b)
        total = tf.reduce_sum(lp * b["mask"], axis=1)
        base = tf.reduce_sum(b["ref"] * b["mask"], axis=1)
        return preference(total[:half], total[half:], base[:half], base[half:])

    def candidate(b):
        token_logp = token_logprobs(b)
        seq = tf.reduce_mean(token_logp * b["mask"], axis=1)
        ref_seq = tf.reduce_mean(b["ref"] * b["mask"], axis=1)
        chosen, rejected = tf.split(seq, 2)
        ref_chosen, ref_rejected = tf.split(ref_seq, 2)
        return preference(chosen, rejected, ref_chosen, ref_rejected)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
