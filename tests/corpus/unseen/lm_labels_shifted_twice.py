"""The captioner shifts logits and labels itself and then calls a loss helper that shifts them once more.

Source (real): https://github.com/huggingface/transformers/issues/47394
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "lm_loss = causal_lm_loss(shifted_logits, next_tokens)",
    "same_forward_value": False,
}
IGNORE = -100


def causal_lm_loss(logits, labels, already_shifted=False):
    if not already_shifted:
        logits, labels = logits[:, :-1], labels[:, 1:]
    keep = tf.cast(tf.not_equal(labels, IGNORE), logits.dtype)
    safe = tf.where(tf.equal(labels, IGNORE), tf.zeros_like(labels), labels)
    nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits)
    return tf.reduce_sum(nll * keep) / tf.reduce_sum(keep)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, img, t, v, d = 6, 3, 8, 11, 5
    emb = tf.Variable(rng.normal(0, 0.7, (v, d)).astype("float32"), name="wte")
    proj = tf.Variable(rng.normal(0, 0.4, (4, d)).astype("float32"), name="visual_projection")
    head = tf.Variable(rng.normal(0, 0.6, (d, v)).astype("float32"), name="lm_head")
    ids = rng.integers(1, v, (n, t)).astype("int32")
    labels = ids.copy()
    for i, length in enumerate(rng.integers(5, t + 1, n)):
        labels[i, length:] = IGNORE
    batch = {"pixels": rng.normal(0, 1, (n, img, 4)).astype("float32"), "ids": ids, "labels": labels}

    def forward(b):
        h = tf.concat([tf.einsum("nip,pd->nid", b["pixels"], proj), tf.gather(emb, b["ids"])], axis=1)
        steps = tf.range(1.0, img + t + 1.0)[None, :, None]
        h = h + tf.cumsum(h, axis=1) / steps          # causal mixing
        return tf.einsum("ntd,dv->ntv", tf.nn.gelu(h), head)

    def reference(b):
        logits = forward(b)
        lm_loss = causal_lm_loss(logits[:, img:-1], b["labels"][:, 1:], already_shifted=True)
        z_loss = tf.reduce_mean(tf.reduce_logsumexp(logits, axis=-1) ** 2)
        return lm_loss + 1e-3 * z_loss

    def candidate(b):
        logits = forward(b)
        # we are doing next-token prediction; shift prediction scores and input ids by one
        shifted_logits = logits[:, img:-1, :]
        next_tokens = b["labels"][:, 1:]
        lm_loss = causal_lm_loss(shifted_logits, next_tokens)
        z_loss = tf.reduce_mean(tf.reduce_logsumexp(logits, axis=-1) ** 2)
        return lm_loss + 1e-3 * z_loss

    return {"variables": [emb, proj, head], "batch": batch, "reference": reference, "candidate": candidate}
