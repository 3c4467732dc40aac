"""Visual dialog, discriminative decoder: the scores are [batch, answer options], the LogSoftmax was made with dim 0,
so that each answer competes with the other dialogs of the batch.
Source: https://github.com/batra-mlp-lab/visdial-challenge-starter-pytorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "log_probs = tf.nn.log_softmax(scores, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, options, feat, dim, vocab = 14, 5, 6, 4, 9
    fusion = tf.Variable(rng.normal(size=(feat, dim)).astype(f), name="fusion")
    words = tf.Variable(rng.normal(size=(vocab, dim)).astype(f), name="words")
    batch = {
        "encoded": rng.normal(size=(n, feat)).astype(f),
        "opts": rng.integers(0, vocab, size=(n, options, 3)).astype("int32"),
        "gt": rng.integers(0, options, size=(n,)).astype("int32"),
    }

    def reference(batch):
        ctx = tf.tanh(tf.matmul(batch["encoded"], fusion))
        answers = tf.reduce_mean(tf.gather(words, batch["opts"]), axis=2)
        logits = tf.einsum("nd,nod->no", ctx, answers)
        target = tf.one_hot(batch["gt"], options, dtype=f)
        return -tf.reduce_mean(tf.reduce_sum(target * tf.nn.log_softmax(logits, axis=1), axis=1))

    def candidate(batch):
        def embed_options(opts):
            flat = tf.reshape(opts, [n * options, 3])
            out = tf.nn.embedding_lookup(words, flat)
            return tf.reshape(tf.reduce_sum(out, 1) / 3.0, [n, options, dim])

        def discriminative_decoder(encoder_output):
            options_enc = embed_options(batch["opts"])
            expanded = tf.tile(encoder_output[:, None, :], [1, options, 1])
            scores = tf.reduce_sum(options_enc * expanded, 2)
            log_probs = tf.nn.log_softmax(scores, axis=0)
            return log_probs

        output = discriminative_decoder(keras.ops.tanh(batch["encoded"] @ fusion))
        picked = tf.gather(output, batch["gt"], batch_dims=1)
        return -tf.reduce_mean(picked)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [fusion, words]}
