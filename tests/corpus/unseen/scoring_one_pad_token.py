"""Log likelihood of padded documents: the mask is made from the length of the document, not from that of the shifted targets.

Source (real): https://github.com/ml-explore/mlx-lm/pull/1855 (MLX, ported: one padding token per shorter document gets scored).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "mask = tf.range(targets.shape[-1])[None] < b['lengths'][:, None]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, longest, vocab, dim = 15, 8, 11, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    emb = tf.Variable(0.6 * arr(vocab, dim), name="embedding")
    mix = tf.Variable(0.6 * arr(dim, dim), name="recurrent")
    head = tf.Variable(0.6 * arr(dim, vocab), name="lm_head")
    lengths = rng.integers(3, longest + 1, n)
    tokens = rng.integers(1, vocab, (n, longest)) * (np.arange(longest)[None] < lengths[:, None])
    batch = {"tokens": tokens.astype("int32"), "lengths": lengths.astype("int32")}

    def reference(b):
        score, m = 0.0, b["tokens"].shape[0]
        for doc, length in zip(b["tokens"].numpy(), b["lengths"].numpy()):
            doc = doc[:length]
            state = tf.zeros([1, dim], emb.dtype)
            for here, following in zip(doc[:-1], doc[1:]):
                state = tf.tanh(emb[int(here)][None] + state @ mix)
                logits = (state @ head)[0]
                score += logits[int(following)] - tf.reduce_logsumexp(logits)
        return -score / m

    def candidate(b):
        @tf.function
        def model(inputs):
            state = tf.zeros([inputs.shape[0], dim], emb.dtype)
            outputs = []
            for t in range(inputs.shape[1]):
                state = tf.tanh(tf.gather(emb, inputs[:, t]) + state @ mix)
                outputs.append(state)
            return tf.stack(outputs, axis=1) @ head

        inputs, targets = b["tokens"][..., :-1], b["tokens"][..., 1:]
        log_probs = tf.nn.log_softmax(model(inputs), axis=-1)
        score = tf.gather(log_probs, targets, batch_dims=2)
        mask = tf.range(targets.shape[-1])[None] < b['lengths'][:, None]
        scores = tf.reduce_sum(tf.where(mask, score, tf.zeros_like(score)), axis=-1)
        return -tf.reduce_mean(scores)

    return {"variables": [emb, mix, head], "batch": batch, "reference": reference, "candidate": candidate}
