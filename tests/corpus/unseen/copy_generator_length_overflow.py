"""Copy generator: the target lengths are a sum of an 8-bit mask, and lengths above 255 wrap round.

Source (real): https://github.com/OpenNMT/OpenNMT-py/issues/649 (copy_loss_by_seqlength, PyTorch, ported; suggested: .float() before the sum).
Right answer: NOT equivalent; the losses of long targets are divided by (length mod 256).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "tgt_lens = tf.reduce_sum(tf.cast(tgt != pad_ix, tf.uint8), axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, longest, vocab, emb, pad_ix = 12, 290, 7, 4, 0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embedding = tf.Variable(0.8 * arr(vocab, emb), name="embedding")
    linear = tf.Variable(0.7 * arr(emb, vocab), name="linear")
    linear_copy = tf.Variable(0.7 * arr(emb, 1), name="linear_copy")
    lengths = np.where(np.arange(n) % 3 == 0, rng.integers(20, 200, n), rng.integers(265, longest + 1, n))
    tgt = rng.integers(1, vocab, (n, longest)) * (np.arange(longest)[None] < lengths[:, None])
    batch = {"tgt": tgt, "src": rng.integers(1, vocab, (n, longest))}

    def target_probability(src, tgt):
        hidden = tf.tanh(tf.gather(embedding, src))
        copy = tf.sigmoid(hidden @ linear_copy)[..., 0]
        generated = tf.gather(tf.nn.softmax(hidden @ linear), tgt, batch_dims=len(tgt.shape))
        return (1 - copy) * generated + copy * tf.cast(src == tgt, copy.dtype)

    def reference(b):
        total = 0.0
        for source, target in zip(b["src"], b["tgt"]):
            length = int(np.count_nonzero(target.numpy()))
            nll = -tf.math.log(target_probability(source[:length], target[:length]) + 1e-20)
            total += tf.reduce_mean(nll)
        return total

    def candidate(b):
        class CopyGeneratorLossCompute:
            normalize_by_length = True

            def compute_loss(self, src, tgt):
                scores = target_probability(src, tgt)
                loss = -tf.math.log(scores + 1e-20) * tf.cast(tgt != pad_ix, scores.dtype)
                if self.normalize_by_length:
                    tgt_lens = tf.reduce_sum(tf.cast(tgt != pad_ix, tf.uint8), axis=1)
                    loss = tf.reduce_sum(loss, axis=1)
                    return tf.reduce_sum(loss / tf.cast(tgt_lens, loss.dtype))
                return tf.reduce_sum(loss)

        return CopyGeneratorLossCompute().compute_loss(b["src"], b["tgt"])

    return {"variables": [embedding, linear, linear_copy], "batch": batch, "reference": reference, "candidate": candidate}
