"""The DPO log-probs read logits at position t for the token at t (labels never shifted by one).

Source (real): https://github.com/wyf3/llm_related/issues/33
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "tok = tf.gather(tf.nn.log_softmax(logits), ids, batch_dims=2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, v, d = 12, 8, 9, 6
    emb = tf.Variable(rng.normal(size=(v, d)).astype(np.float32), name="emb")
    pos = tf.Variable((0.3 * rng.normal(size=(t, d))).astype(np.float32), name="pos")
    out = tf.Variable((0.6 * rng.normal(size=(d, v))).astype(np.float32), name="out")
    ids = rng.integers(1, v, (n, t)).astype(np.int32)
    plen = np.repeat(rng.integers(2, 4, n // 2), 2)
    answer = (np.arange(t)[None] >= plen[:, None]).astype(np.float32)
    batch = {"ids": ids, "answer": answer,      # rows 0,2,4.. chosen, 1,3,5.. rejected
             "ref_logp": (-rng.random(n) * 10 - 5).astype(np.float32)}
    beta = 0.3

    def model(x):
        h = tf.gather(emb, x) + pos
        running = tf.cumsum(h, axis=1) / tf.range(1.0, t + 1.0)[None, :, None]
        return tf.matmul(tf.nn.tanh(running), out)

    def reference(b):
        logp = tf.nn.log_softmax(model(b["ids"]))
        seqs = []
        for i in range(n):
            total = 0.0
            for j in range(1, t):
                total += b["answer"][i, j] * logp[i, j - 1, b["ids"][i, j]]
            seqs.append(total)
        ratio = tf.stack(seqs) - b["ref_logp"]
        margin = ratio[0::2] - ratio[1::2]
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * margin))

    def candidate(b):
        ids, answer = b["ids"], b["answer"]
        logits = model(ids)
        tok = tf.gather(tf.nn.log_softmax(logits), ids, batch_dims=2)
        seq = tf.reduce_sum(tok * answer, axis=1)
        ratio = seq - b["ref_logp"]
        chosen, rejected = ratio[0::2], ratio[1::2]
        margin = chosen - rejected
        return -tf.reduce_mean(tf.math.log_sigmoid(beta * margin))

    return {"variables": [emb, pos, out], "batch": batch, "reference": reference, "candidate": candidate}
