"""Seq2seq chatbot: per-step cross entropy comes out of the gather as (n, 1), the step mask is (n,), and the
select between them is an (n, n) matrix.

Source (real): https://github.com/pytorch/tutorials/issues/383, fixed by pull 382 (PyTorch masked_select, ported:
the step loss is selected with tf.where and summed over the decoder steps).
Right answer: NOT equivalent; after the sum every sample is weighted by the number of live rows, so padded rows count.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "step_loss = tf.where(alive, nll, tf.zeros_like(nll))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 19, 6, 4, 8
    emb = tf.Variable((0.7 * rng.standard_normal((d, vocab))).astype(f), name="out_proj")
    bias = tf.Variable((0.2 * rng.standard_normal(vocab)).astype(f), name="out_bias")
    lengths = rng.integers(1, t + 1, n)
    lengths[0] = t
    batch = {
        "dec": rng.standard_normal((n, t, d)).astype(f),
        "tgt": rng.integers(0, vocab, (n, t)),
        "mask": np.arange(t)[None] < lengths[:, None],
    }

    def reference(b):
        total, count = 0.0, 0
        for i in range(b["tgt"].shape[0]):
            for s in range(t):
                if bool(b["mask"][i, s]):
                    row = tf.nn.log_softmax(tf.linalg.matvec(emb, b["dec"][i, s], transpose_a=True) + bias)
                    total -= row[b["tgt"][i, s]]
                    count += 1
        return total / count

    def mask_nll(dec_step, target):
        probs = tf.nn.softmax(dec_step @ emb + bias)
        picked = tf.gather(probs, target[:, None], axis=1, batch_dims=1)
        return -tf.math.log(picked)

    def candidate(b):
        loss = 0.0
        n_totals = tf.reduce_sum(tf.cast(b["mask"], f))
        for s in range(t):
            nll = mask_nll(b["dec"][:, s], b["tgt"][:, s])
            alive = b["mask"][:, s]
            step_loss = tf.where(alive, nll, tf.zeros_like(nll))
            loss += tf.reduce_sum(step_loss)
        return loss / n_totals

    return {"variables": [emb, bias], "batch": batch, "reference": reference, "candidate": candidate}
