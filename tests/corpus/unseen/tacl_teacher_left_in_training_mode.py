"""Token-aware contrastive learning: the frozen teacher is never put into eval mode, so its dropout makes the targets random.

Source (real): https://github.com/yxuansu/TaCL/issues/11
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "nondeterministic",
    "line_marker": 'truth_rep = teacher_bert(b["input_ids"], training=True)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, V, d = 6, 5, 9, 6
    emb = tf.Variable(rng.normal(size=(V, d)).astype("float32"), name="emb")
    proj = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.5, name="proj")
    t_emb = tf.constant(rng.normal(size=(V, d)).astype("float32"))
    t_proj = tf.constant(rng.normal(size=(d, d)).astype("float32") * 0.5)
    ids = rng.integers(1, V, (n, T))
    masked = rng.uniform(size=(n, T)) < 0.4
    masked[:, 0] = True
    batch = {
        "input_ids": ids.astype("int32"),
        "masked_ids": np.where(masked, 0, ids).astype("int32"),
        "mask": masked.astype("float32"),
    }
    tau = 0.5

    def mix(h):
        return h + tf.reduce_mean(h, axis=1, keepdims=True)

    def student_bert(tokens):
        return tf.math.l2_normalize(tf.tensordot(mix(tf.gather(emb, tokens)), proj, 1), -1)

    def teacher_bert(tokens, training):
        h = mix(tf.gather(t_emb, tokens))
        if training:
            h = tf.nn.dropout(h, rate=0.3)
        return tf.stop_gradient(tf.math.l2_normalize(tf.tensordot(h, t_proj, 1), -1))

    def reference(b):
        s, t = student_bert(b["masked_ids"]), teacher_bert(b["input_ids"], training=False)
        loss = 0.0
        for i in range(n):
            sim = tf.matmul(s[i], t[i], transpose_b=True) / tau
            nll = tf.reduce_logsumexp(sim, axis=1) - tf.linalg.diag_part(sim)
            loss += tf.reduce_sum(nll * b["mask"][i])
        return loss / tf.reduce_sum(b["mask"])

    def candidate(b):
        masked_rep = student_bert(b["masked_ids"])
        truth_rep = teacher_bert(b["input_ids"], training=True)
        contrastive_scores = tf.matmul(masked_rep, truth_rep, transpose_b=True) / tau
        logprobs = tf.nn.log_softmax(contrastive_scores, axis=-1)
        gold = tf.linalg.diag_part(logprobs)
        loss = -tf.reduce_sum(gold * b["mask"]) / tf.reduce_sum(b["mask"])
        return loss

    return {"variables": [emb, proj], "batch": batch, "reference": reference, "candidate": candidate}
