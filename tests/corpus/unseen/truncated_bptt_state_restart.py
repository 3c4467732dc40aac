"""OpenNMT-py truncated BPTT: the decoder state of the previous chunk is not restored, every chunk begins again with the
state of the encoder.
Source: https://github.com/OpenNMT/OpenNMT-py/issues/1164"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "decoder.init_state(enc_final)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, s, t, trunc, d, vocab = 12, 4, 9, 3, 5, 7

    def par(name, *shape):
        return tf.Variable((1.1 * rng.standard_normal(shape)).astype(f), name=name)

    w_enc, emb, w_in, w_rec, gen = par("w_enc", d, d), par("emb", vocab, d), par("w_in", d, d), par("w_rec", d, d), par("gen", d, vocab)

    def encode(src):
        return tf.tanh(tf.reduce_sum(tf.tanh(src @ w_enc), 1))

    def reference(batch):
        h = encode(batch["src"])
        tgt = batch["tgt"]
        nll = 0.0
        for k in range(t):
            if k and k % trunc == 0:
                h = tf.stop_gradient(h)
            h = tf.tanh(tf.gather(emb, tgt[:, k]) @ w_in + h @ w_rec)
            nll += tf.nn.sparse_softmax_cross_entropy_with_logits(tgt[:, k + 1], h @ gen)
        return tf.reduce_mean(nll) / t

    def candidate(batch):
        class DecoderState:
            hidden = None

            def init_state(self, enc_hidden):
                self.hidden = enc_hidden

            def detach(self):
                self.hidden = tf.stop_gradient(self.hidden)

        class NMTModel:
            def __init__(self):
                self.decoder = DecoderState()

            def __call__(self, src, tgt):
                decoder = self.decoder
                enc_final = encode(src)
                decoder.init_state(enc_final)
                outs = []
                for emb_t in tf.unstack(tf.nn.embedding_lookup(emb, tgt), axis=1):
                    decoder.hidden = tf.tanh(tf.matmul(emb_t, w_in) + tf.matmul(decoder.hidden, w_rec))
                    outs.append(decoder.hidden)
                return tf.stack(outs, axis=1)

        model, total = NMTModel(), 0.0
        for j in range(0, t, trunc):
            tgt = batch["tgt"][:, j:j + trunc + 1]
            outputs = model(batch["src"], tgt[:, :-1])
            scores = tf.nn.log_softmax(outputs @ gen)
            gold = tf.one_hot(tgt[:, 1:], vocab, dtype=f)
            total -= tf.reduce_sum(gold * scores)
            model.decoder.detach()
        return total / (b * t)

    batch = {"src": rng.standard_normal((b, s, d)).astype(f), "tgt": rng.integers(0, vocab, (b, t + 1))}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_enc, emb, w_in, w_rec, gen]}
