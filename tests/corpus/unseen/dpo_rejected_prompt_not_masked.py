"""zip(masks, prompt_lens) stops after the chosen half: the prompts of the rejected half stay in the log-probs.

Source (real): https://github.com/OpenRLHF/OpenRLHF/issues/294
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'rows = [tf.cast(tf.range(t) >= m, tf.float32) * a for a, m in zip(masks, tf.unstack(b["plen"]))]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 7, 8, 10, 5
    emb = tf.Variable(rng.normal(size=(v, d)).astype(np.float32), name="emb")
    out = tf.Variable((0.7 * rng.normal(size=(d, v))).astype(np.float32), name="out")
    ref = (0.7 * rng.normal(size=(d, v))).astype(np.float32)
    ref_emb = rng.normal(size=(v, d)).astype(np.float32)
    attn = lambda: (np.arange(t)[None] < rng.integers(6, t + 1, n)[:, None]).astype(np.float32)
    batch = {"chosen": rng.integers(0, v, (n, t)).astype(np.int32), "c_attn": attn(),
             "rejected": rng.integers(0, v, (n, t)).astype(np.int32), "r_attn": attn(),
             "plen": rng.integers(2, 5, n).astype(np.int32)}
    beta = 0.2

    def logps(e, w, ids, mask):
        logits = tf.matmul(tf.nn.relu(tf.gather(e, ids)), w)[:, :-1]
        per_token = tf.gather(tf.nn.log_softmax(logits), ids[:, 1:], batch_dims=2)
        return tf.reduce_sum(per_token * mask[:, 1:], axis=-1)

    def finish(ids, mask):
        pol, rf = logps(emb, out, ids, mask), logps(ref_emb, ref, ids, mask)
        pol_ratio = pol[:n] - pol[n:]
        ref_ratio = rf[:n] - rf[n:]
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * (pol_ratio - ref_ratio)))

    def reference(b):
        ids = tf.concat([b["chosen"], b["rejected"]], 0)
        attention = tf.concat([b["c_attn"], b["r_attn"]], 0)
        plen = tf.concat([b["plen"], b["plen"]], 0)
        answer = tf.cast(tf.range(t)[None] >= plen[:, None], tf.float32)
        return finish(ids, attention * answer)

    def candidate(b):
        ids = tf.concat([b["chosen"], b["rejected"]], 0)
        masks = tf.unstack(tf.concat([b["c_attn"], b["r_attn"]], 0))
        rows = [tf.cast(tf.range(t) >= m, tf.float32) * a for a, m in zip(masks, tf.unstack(b["plen"]))]
        rows = rows + masks[len(rows):]
        mask = tf.stack(rows)
        return finish(ids, mask)

    return {"variables": [emb, out], "batch": batch, "reference": reference, "candidate": candidate}
