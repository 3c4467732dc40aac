"""Translation with Bahdanau attention (the tutorial): the scores of padded encoder positions are not masked before the
softmax, so the context vector attends to padding.
Source: https://github.com/tensorflow/tensorflow/issues/43941"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "attention_weights = tf.nn.softmax(score, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, hid, units, vocab = 12, 7, 4, 5, 6
    W1 = tf.Variable(rng.normal(size=(hid, units)).astype(f), name="W1")
    W2 = tf.Variable(rng.normal(size=(hid, units)).astype(f), name="W2")
    V = tf.Variable(rng.normal(size=(units, 1)).astype(f), name="V")
    fc = tf.Variable(rng.normal(size=(hid, vocab)).astype(f), name="fc")
    lengths = rng.integers(2, steps, size=(n,))
    batch = {
        "enc_output": rng.normal(size=(n, steps, hid)).astype(f),
        "enc_mask": (np.arange(steps)[None, :] < lengths[:, None]).astype(f),
        "state": rng.normal(size=(n, hid)).astype(f),
        "target": rng.integers(0, vocab, size=(n,)).astype("int32"),
    }

    def reference(batch):
        mixed = tf.tanh(tf.einsum("nth,hu->ntu", batch["enc_output"], W1) + tf.matmul(batch["state"], W2)[:, None])
        energy = tf.einsum("ntu,uk->ntk", mixed, V)[..., 0]
        energy = energy + (batch["enc_mask"] - 1.0) * 1e9
        context = tf.einsum("nt,nth->nh", tf.nn.softmax(energy, axis=1), batch["enc_output"])
        ce = keras.losses.sparse_categorical_crossentropy(batch["target"], tf.matmul(context, fc), from_logits=True)
        return tf.reduce_mean(ce)

    def candidate(batch):
        class BahdanauAttention:
            def call(self, query, values):
                query_with_time_axis = tf.expand_dims(query, 1)
                score = tf.tensordot(
                    tf.nn.tanh(tf.tensordot(query_with_time_axis, W2, 1) + tf.tensordot(values, W1, 1)), V, 1)
                attention_weights = tf.nn.softmax(score, axis=1)
                context_vector = attention_weights * values
                context_vector = tf.reduce_sum(context_vector, axis=1)
                return context_vector, attention_weights

        def loss_function(real, pred):
            loss_ = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=real, logits=pred)
            return tf.reduce_mean(loss_)

        context_vector, _ = BahdanauAttention().call(batch["state"], batch["enc_output"])
        return loss_function(batch["target"], context_vector @ fc)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [W1, W2, V, fc]}
