"""Wrong: the labels are shifted before they go to a loss function that shifts them itself (token t + 2 from t).

Source (real): https://github.com/huggingface/transformers/issues/47394
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'labels = b["labels"][:, 1:]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    V, D, T, P, n = 8, 6, 7, 3, 10
    emb = tf.Variable(rng.normal(0, 0.7, (V, D)).astype("float32"), name="tok_emb")
    vis = tf.Variable(rng.normal(0, 0.5, (4, D)).astype("float32"), name="visual_proj")
    head = tf.Variable(rng.normal(0, 0.7, (D, V)).astype("float32"), name="lm_head")
    ids = rng.integers(0, V, (n, T))
    labels = np.where(np.arange(T) < rng.integers(4, T + 1, (n, 1)), ids, -100)
    batch = {
        "patches": rng.normal(size=(n, P, 4)).astype("float32"),
        "ids": ids.astype("int32"),
        "labels": labels.astype("int32"),
    }

    def model(b):
        seq = tf.concat([b["patches"] @ vis, tf.gather(emb, b["ids"])], axis=1)
        ctx = tf.cumsum(seq, axis=1) / tf.sqrt(tf.range(1.0, P + T + 1.0))[None, :, None]
        return tf.tanh(ctx + seq) @ head

    def for_causal_lm_loss(logits, labels):
        logits, labels = logits[:, :-1], labels[:, 1:]
        keep = tf.cast(labels != -100, tf.float32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(labels, 0), logits=logits)
        return tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)

    def reference(b):
        text_logits = model(b)[:, P:]
        return for_causal_lm_loss(text_logits, b["labels"])

    def candidate(b):
        logits = model(b)
        shifted_logits = logits[:, P:-1, :]
        labels = b["labels"][:, 1:]
        return for_causal_lm_loss(shifted_logits, labels)

    return {"variables": [emb, vis, head], "batch": batch, "reference": reference, "candidate": candidate}
