"""Attention over time steps with the last hidden state as the only key: softmax on the last axis, of size one, gives all ones.
Source: https://55276.net/qa/?qa=1006962%2F&show=1006963"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'score = tf.nn.softmax(score)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    batch_size, time_steps, features, units = 5, 9, 4, 6
    series = rng.normal(size=(batch_size, time_steps, features)).astype("float32")
    y = rng.normal(size=(batch_size, 2)).astype("float32")

    rnn = keras.layers.GRU(units, return_sequences=True, return_state=True)
    rnn.build((None, time_steps, features))
    head = tf.Variable(rng.normal(size=(units, 2)).astype("float32") * 0.5)

    def reference(batch):
        sequence, state = rnn(batch["series"])
        total = 0.0
        for b in range(batch_size):
            energies = tf.linalg.matvec(sequence[b], state[b])
            weight = tf.exp(energies - tf.reduce_max(energies))
            context = tf.linalg.matvec(sequence[b], weight / tf.reduce_sum(weight), transpose_a=True)
            prediction = tf.linalg.matvec(head, context, transpose_a=True)
            total += tf.reduce_sum((prediction - batch["y"][b]) ** 2)
        return total / (batch_size * 2)

    def attention_seq(query_value):
        query, value = query_value
        score = tf.matmul(query, value, transpose_b=True)  # (batch, timestamp, 1)
        score = tf.nn.softmax(score)
        return tf.reduce_sum(score * query, axis=1)

    def candidate(batch):
        seq, state = rnn(batch["series"])
        attended = attention_seq([seq, tf.expand_dims(state, axis=1)])
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["y"], attended @ head))

    return {"reference": reference, "candidate": candidate, "batch": {"series": series, "y": y},
            "variables": [v.value for v in rnn.trainable_variables] + [head]}
