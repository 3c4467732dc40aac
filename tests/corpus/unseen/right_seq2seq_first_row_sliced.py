"""The issue says that output[1:] against trg[1:] is shifted by one and should be output[:-1]; the outputs are filled from
row 1 on, so the slice only removes the row of zeros.
Source: https://github.com/bentrevett/pytorch-seq2seq/issues/46"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, vocab, pad = 12, 7, 5, 8, 0

    def par(name, *shape):
        return tf.Variable((0.6 * rng.standard_normal(shape)).astype(f), name=name)

    emb, w_x, w_h, fc = par("emb", vocab, d), par("w_x", d, d), par("w_h", d, d), par("fc", d, vocab)

    def reference(batch):
        h = tf.tanh(batch["context"])
        inp, gold = batch["trg"][:, :-1], batch["trg"][:, 1:]
        nll, count = 0.0, 0.0
        for k in range(t - 1):
            h = tf.tanh(tf.gather(emb, inp[:, k]) @ w_x + h @ w_h)
            keep = tf.cast(gold[:, k] != pad, f)
            nll += tf.reduce_sum(keep * tf.nn.sparse_softmax_cross_entropy_with_logits(gold[:, k], h @ fc))
            count += tf.reduce_sum(keep)
        return nll / count

    def candidate(batch):
        class Seq2Seq:
            def decoder(self, token, hidden):
                embedded = tf.one_hot(token, vocab, dtype=f) @ emb
                hidden = tf.tanh(tf.concat([embedded, hidden], axis=1) @ tf.concat([w_x, w_h], axis=0))
                return tf.matmul(hidden, fc), hidden

            def forward(self, hidden, trg):
                max_len, batch_size = trg.shape
                outputs = [tf.zeros((batch_size, vocab), dtype=f) for _ in range(max_len)]
                token = trg[0]
                for step in range(1, max_len):
                    output, hidden = self.decoder(token, hidden)
                    outputs[step] = output
                    token = trg[step]
                return tf.stack(outputs)

        trg = tf.transpose(batch["trg"])
        output = Seq2Seq().forward(tf.tanh(batch["context"]), trg)
        output = tf.reshape(output[1:], (-1, vocab))
        trg = tf.reshape(trg[1:], (-1,))
        rows = tf.where(trg != pad)[:, 0]
        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return ce(tf.gather(trg, rows), tf.gather(output, rows))

    trg = rng.integers(3, vocab, (n, t))
    trg[:, 0] = 1
    for i, end in enumerate(rng.integers(2, t, n)):
        trg[i, end], trg[i, end + 1:] = 2, pad
    batch = {"context": rng.standard_normal((n, d)).astype(f), "trg": trg}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, w_x, w_h, fc]}
