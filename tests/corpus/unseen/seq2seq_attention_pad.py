"""The attention over the encoder states is normalised over the padded positions too, no mask is applied to the
scores. Source: https://github.com/tensorflow/tensorflow/issues/512"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "a = tf.nn.softmax(s, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, src_len, steps, d, vocab = 4, 6, 3, 4, 7
    w_hidden = tf.Variable(rng.normal(size=(d, d)).astype(fx), name="w_hidden")
    w_query = tf.Variable(rng.normal(size=(d, d)).astype(fx), name="w_query")
    v = tf.Variable(rng.normal(size=(d,)).astype(fx), name="v")
    w_out = tf.Variable(rng.normal(size=(2 * d, vocab)).astype(fx), name="w_out")

    def reference(batch):
        total = 0.0
        for i in range(n):
            length = batch["lengths"][i]
            enc = batch["encoder"][i, :length]
            state = batch["state"][i]
            for t in range(steps):
                e = tf.linalg.matvec(tf.tanh(tf.matmul(enc, w_hidden) + tf.matmul(state[None], w_query)), v)
                ctx = tf.linalg.matvec(enc, tf.nn.softmax(e), transpose_a=True)
                logit = tf.matmul(tf.concat([state, ctx], 0)[None], w_out)
                total += tf.nn.sparse_softmax_cross_entropy_with_logits(batch["targets"][i, t][None], logit)[0]
                state = tf.tanh(state + ctx)
        return total / (n * steps)

    def candidate(batch):
        hidden = batch["encoder"]
        hidden_features = tf.einsum("btd,de->bte", hidden, w_hidden)

        def attention(query):
            y = tf.matmul(query, w_query)[:, tf.newaxis, :]
            s = tf.reduce_sum(v * tf.tanh(hidden_features + y), axis=2)
            a = tf.nn.softmax(s, axis=1)
            return tf.reduce_sum(a[:, :, tf.newaxis] * hidden, axis=1)

        state, losses = batch["state"], []
        for t in range(steps):
            attns = attention(state)
            logits = tf.matmul(tf.concat([state, attns], axis=1), w_out)
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["targets"][:, t], logits))
            state = tf.tanh(state + attns)
        return tf.reduce_mean(tf.stack(losses, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"encoder": rng.normal(size=(n, src_len, d)).astype(fx),
                      "state": rng.normal(size=(n, d)).astype(fx),
                      "lengths": np.array([2, 6, 3, 4], "int32"),
                      "targets": rng.integers(0, vocab, (n, steps)).astype("int32")},
            "variables": [w_hidden, w_query, v, w_out]}
