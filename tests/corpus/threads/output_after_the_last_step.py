"""Sequence classification: the RNN output is read at index length instead of length - 1.

Source (real): https://github.com/google-research/reverse-engineering-neural-networks/pull/30 (loss and accuracy took
the output batch['index'] "which was wrong (by one)"). JAX, ported.
Right answer: NOT equivalent; one padding step is run before the output is taken.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'last = tf.gather(outputs, b["length"], axis=1, batch_dims=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, units, classes = 20, 6, 4, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    rnn = keras.layers.SimpleRNN(units, return_sequences=True, name="rnn", dtype=f)
    head = keras.layers.Dense(classes, name="readout", dtype=f)
    rnn.build((None, t, d))
    head.build((None, units))
    for layer in (rnn, head):
        layer.set_weights([0.6 * arr(*p.shape) for p in layer.get_weights()])
    length = rng.integers(1, t, n)
    x = arr(n, t, d) * (np.arange(t)[None, :, None] < length[:, None, None])
    batch = {"x": x.astype(f), "length": length, "label": rng.integers(0, classes, n)}

    def reference(b):
        states = rnn(b["x"])
        m = b["label"].shape[0]
        final = tf.stack([states[i, int(b["length"][i]) - 1] for i in range(m)])
        logp = tf.nn.log_softmax(head(final))
        return -tf.add_n([logp[i, b["label"][i]] for i in range(m)]) / m

    def candidate(b):
        outputs = rnn(b["x"])
        last = tf.gather(outputs, b["length"], axis=1, batch_dims=1)
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=head(last))
        return tf.reduce_mean(each)

    return {
        "variables": rnn.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
