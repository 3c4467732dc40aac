"""ProteomicsML tutorial: the last regression layer has a ReLU. With an unlucky start its input is negative for all peptides, the network
returns 0 and never learns.
Source: https://github.com/ProteomicsML/ProteomicsML/pull/203"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'y_pred = keras.activations.relu(head(h))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, hid = 16, 6, 4, 5
    cell = tf.Variable(rng.normal(size=(d + hid, hid)).astype(f) * 0.4, name="cell")
    head = keras.layers.Dense(1, name="head", bias_initializer=keras.initializers.Constant(-3.0),
                              kernel_initializer=keras.initializers.RandomUniform(-0.3, 0.3, seed=seed))
    head.build((None, hid))
    batch = {
        "peptide": rng.normal(size=(n, t, d)).astype(f),
        "ccs": rng.uniform(0.5, 2.0, size=(n, 1)).astype(f),
    }

    def run_rnn(x):
        h = tf.zeros((n, hid), f)
        for step in tf.unstack(x, axis=1):
            h = tf.tanh(tf.concat([step, h], axis=1) @ cell)
        return h

    def reference(batch):
        kernel, bias = head.trainable_variables
        _, states = None, tf.transpose(batch["peptide"], (1, 0, 2))
        last = tf.foldl(lambda h, s: tf.tanh(tf.matmul(s, cell[:d]) + tf.matmul(h, cell[d:])), states,
                        initializer=tf.zeros((n, hid), f))
        guess = tf.linalg.matvec(last, kernel[:, 0]) + bias[0]
        return tf.reduce_sum(tf.square(guess - batch["ccs"][:, 0])) / n

    def candidate(batch):
        h = run_rnn(batch["peptide"])
        y_pred = keras.activations.relu(head(h))
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["ccs"], y_pred))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [cell] + head.trainable_variables}
