"""A go_backwards layer returns its sequence in processing order and is concatenated with the forward one as it stands.
Source: https://github.com/keras-team/keras/issues/1431"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'merged = keras.layers.concatenate([forward(h), backward(h)])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    sentences, steps, vocab, emb, units, tags = 6, 7, 15, 5, 4, 3
    words = rng.integers(0, vocab, size=(sentences, steps)).astype("int32")
    tag = (words % tags).astype("int32")

    table = tf.Variable(rng.normal(size=(vocab, emb)).astype("float32"))
    forward = keras.layers.SimpleRNN(units, return_sequences=True)
    backward = keras.layers.SimpleRNN(units, return_sequences=True, go_backwards=True)
    forward.build((None, steps, emb))
    backward.build((None, steps, emb))
    out = tf.Variable(rng.normal(size=(2 * units, tags)).astype("float32"))

    def unroll(layer, x, order):
        kernel, recurrent, bias = [v.value for v in layer.trainable_variables]
        state, states = tf.zeros((sentences, units)), {}
        for t in order:
            state = tf.tanh(x[:, t] @ kernel + state @ recurrent + bias)
            states[t] = state
        return states

    def reference(batch):
        x = tf.gather(table, batch["words"])
        left, right = unroll(forward, x, range(steps)), unroll(backward, x, reversed(range(steps)))
        loss = 0.0
        for t in range(steps):
            logp = tf.nn.log_softmax(left[t] @ out[:units] + right[t] @ out[units:])
            loss -= tf.reduce_sum(tf.gather(logp, batch["tag"][:, t], batch_dims=1))
        return loss / (sentences * steps)

    def candidate(batch):
        h = tf.nn.embedding_lookup(table, batch["words"])
        merged = keras.layers.concatenate([forward(h), backward(h)])
        logits = tf.tensordot(merged, out, axes=1)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["tag"], logits)

    return {"reference": reference, "candidate": candidate, "batch": {"words": words, "tag": tag},
            "variables": [table, out] + [v.value for v in forward.trainable_variables + backward.trainable_variables]}
