"""DPO from scratch: logits at position k are scored against the token at position k, not the token they predict (k + 1).

Source (real): https://github.com/wyf3/llm_related/issues/33
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'probs = tf.gather(tf.nn.log_softmax(logits, axis=-1), labels, batch_dims=2)',
    "same_forward_value": False,
}
BETA = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, tp, ta, d, vocab = 7, 3, 4, 6, 11

    def mat(*s):
        return rng.normal(0, 0.8, s).astype("float32")

    emb = tf.Variable(mat(vocab, d), name="embed")
    mix = tf.Variable(mat(d, d), name="mix")
    head = tf.Variable(mat(d, vocab), name="unembed")
    prompt = rng.integers(1, vocab, (n, tp))

    def answer():
        a = rng.integers(1, vocab, (n, ta))
        for i in range(n):
            a[i, rng.integers(2, ta + 1):] = 0
        return np.concatenate([prompt, a], 1).astype("int32")

    batch = {"chosen": answer(), "rejected": answer(), "ref_margin": mat(n)}

    def lm_logits(ids):
        x = tf.gather(emb, ids)
        steps = tf.reshape(tf.range(1, tp + ta + 1, dtype=tf.float32), [1, -1, 1])
        return tf.tanh((tf.cumsum(x, axis=1) / steps) @ mix) @ head

    def preference(chosen, rejected, b):
        return -tf.reduce_mean(tf.math.log_sigmoid(BETA * (chosen - rejected - b["ref_margin"])))

    def reference(b):
        def answer_logp(ids):
            logp = tf.nn.log_softmax(lm_logits(ids))
            total = tf.zeros([n])
            for pos in range(tp, tp + ta):
                tok = ids[:, pos]
                got = tf.gather(logp[:, pos - 1], tok, batch_dims=1)
                total += tf.where(tok != 0, got, 0.0)
            return total

        return preference(answer_logp(b["chosen"]), answer_logp(b["rejected"]), b)

    def candidate(b):
        input_ids = tf.concat([b["chosen"], b["rejected"]], axis=0)
        labels = tf.concat([tf.zeros_like(input_ids[:, :tp]), input_ids[:, tp:]], axis=1)
        logits = lm_logits(input_ids)
        probs = tf.gather(tf.nn.log_softmax(logits, axis=-1), labels, batch_dims=2)
        seq = tf.reduce_sum(probs * tf.cast(labels != 0, tf.float32), axis=1)
        chosen, rejected = tf.split(seq, 2, axis=0)
        return preference(chosen, rejected, b)

    return {"variables": [emb, mix, head], "batch": batch, "reference": reference, "candidate": candidate}
