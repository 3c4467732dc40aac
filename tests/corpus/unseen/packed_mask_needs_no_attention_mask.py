"""transformers' create_causal_mask looks for packed sequences only if attention_mask is None; with a 2D mask of ones the
tokens of one document attend to the document before.
Source: https://github.com/huggingface/transformers/pull/46634"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "if position_ids is not None and attention_mask is None:",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, t, d, vocab = 12, 8, 5, 7
    wq, wk, wv = [tf.Variable((0.7 * rng.standard_normal((d, d))).astype(f), name=s) for s in ("wq", "wk", "wv")]
    lm = tf.Variable((0.7 * rng.standard_normal((d, vocab))).astype(f), name="lm")
    cuts = [int(c) for c in rng.integers(2, t - 2, b)]

    def reference(batch):
        losses = []
        for row in range(b):
            for lo, hi in ((0, cuts[row]), (cuts[row], t)):
                x = batch["x"][row, lo:hi]
                q, k, v = x @ wq, x @ wk, x @ wv
                for i in range(hi - lo):
                    a = tf.nn.softmax(tf.linalg.matvec(k[:i + 1], q[i]) / np.sqrt(d).astype(f))
                    logits = tf.linalg.matvec(lm, x[i] + tf.linalg.matvec(v[:i + 1], a, transpose_a=True), transpose_a=True)
                    losses.append(-tf.nn.log_softmax(logits)[batch["labels"][row, lo + i]])
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        def find_packed_sequence_indices(position_ids):
            first = tf.ones_like(position_ids[:, :1])
            step = tf.concat([first, position_ids[:, 1:] - position_ids[:, :-1]], axis=1)
            return tf.cumsum(tf.cast(step != 1, "int32"), axis=1)

        def create_causal_mask(length, attention_mask=None, position_ids=None):
            idx = tf.range(length)
            allowed = (idx[None, :] <= idx[:, None])[None]
            packed_sequence_mask = None
            if position_ids is not None and attention_mask is None:
                packed_sequence_mask = find_packed_sequence_indices(position_ids)
            if packed_sequence_mask is not None:
                allowed = allowed & (packed_sequence_mask[:, :, None] == packed_sequence_mask[:, None, :])
            if attention_mask is not None:
                allowed = allowed & tf.cast(attention_mask, bool)[:, None, :]
            return tf.where(allowed, tf.zeros([], f), tf.constant(-1e9, f))

        def attention(h, mask):
            scores = tf.einsum("bid,bjd->bij", h @ wq, h @ wk) * d ** -0.5 + mask
            return tf.nn.softmax(scores, axis=-1) @ (h @ wv)

        h = batch["x"]
        mask = create_causal_mask(t, batch["attention_mask"], batch["position_ids"])
        logits = (h + attention(h, mask)) @ lm
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"], logits))

    pos = np.stack([np.r_[np.arange(c), np.arange(t - c)] for c in cuts]).astype("int32")
    batch = {"x": rng.standard_normal((b, t, d)).astype(f), "labels": rng.integers(0, vocab, (b, t)),
             "attention_mask": np.ones((b, t), "int32"), "position_ids": pos}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wv, lm]}
