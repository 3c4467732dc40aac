"""Label-smoothed NLL: the padded positions are zeroed, but the sum is divided by the number of all positions including them.

Source (real): https://github.com/huggingface/transformers/pull/5919 (label_smoothed_nll_loss of the seq2seq examples, PyTorch, ported;
the reviewer asks to divide by the positions that are not ignored).
Right answer: NOT equivalent; loss and gradients shrink with the amount of padding and don't match the plain cross entropy.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "bs = lprobs.shape[0]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, length, d, vocab = 18, 6, 5, 8
    epsilon, pad = 0.1, 0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    lm_head = tf.Variable(0.7 * arr(d, vocab), name="lm_head")
    bias = tf.Variable(0.2 * arr(vocab), name="lm_bias")
    labels = rng.integers(1, vocab, (n, length))
    labels[np.arange(length)[None] >= rng.integers(2, length + 1, n)[:, None]] = pad
    batch = {"hidden": arr(n, length, d), "labels": labels}

    def reference(b):
        smooth = np.full((vocab, vocab), epsilon / vocab) + (1 - epsilon) * np.eye(vocab)
        kept, terms = 0, []
        for row, words in zip(tf.unstack(b["hidden"]), b["labels"].numpy()):
            for t, word in enumerate(words):
                if word == pad:
                    continue
                logits = tf.linalg.matvec(lm_head, row[t], transpose_a=True) + bias
                goal = tf.constant(smooth[word].astype(f))
                terms.append(tf.nn.softmax_cross_entropy_with_logits(labels=goal, logits=logits))
                kept += 1
        return tf.add_n(terms) / kept

    @tf.function
    def label_free_logits(hidden):
        return tf.reshape(tf.einsum("ntd,dv->ntv", hidden, lm_head) + bias, [-1, vocab])

    def candidate(b):
        lprobs = tf.nn.log_softmax(label_free_logits(b["hidden"]))
        target = tf.reshape(b["labels"], [-1, 1])
        nll_loss = -tf.gather(lprobs, target, batch_dims=1)
        smooth_loss = -tf.reduce_sum(lprobs, axis=-1, keepdims=True)
        pad_mask = tf.equal(target, pad)
        nll_loss = tf.where(pad_mask, tf.zeros_like(nll_loss), nll_loss)
        smooth_loss = tf.where(pad_mask, tf.zeros_like(smooth_loss), smooth_loss)
        bs = lprobs.shape[0]
        eps_i = epsilon / vocab
        loss = (1.0 - epsilon) * tf.reduce_sum(nll_loss) + eps_i * tf.reduce_sum(smooth_loss)
        return loss / bs

    return {"variables": [lm_head, bias], "batch": batch, "reference": reference, "candidate": candidate}
