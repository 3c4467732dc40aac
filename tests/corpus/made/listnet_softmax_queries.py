"""ListNet: the score distribution is normalised over the queries of the batch, not over the documents of a list.

Source (constructed): listwise ranking loss with a wrong axis argument.
Right answer: NOT equivalent; scores of unrelated queries compete.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'log_p = tf.nn.log_softmax(score, axis=0)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, docs, d, hid = 18, 6, 4, 7
    hidden = keras.layers.Dense(hid, activation="tanh", name="rank_hidden", dtype=f)
    scorer = keras.layers.Dense(1, use_bias=False, name="rank_score", dtype=f)
    hidden.build((None, d))
    scorer.build((None, hid))
    for layer in (hidden, scorer):
        layer.set_weights([(0.7 * rng.standard_normal(p.shape)).astype(f) for p in layer.get_weights()])
    batch = {
        "feat": rng.standard_normal((n, docs, d)).astype(f),
        "rel": rng.integers(0, 4, (n, docs)).astype(f),
    }

    def reference(b):
        m = b["rel"].shape[0]
        total = 0.0
        for q in range(m):
            s = tf.squeeze(scorer(hidden(b["feat"][q])), -1)
            want = tf.exp(b["rel"][q]) / tf.reduce_sum(tf.exp(b["rel"][q]))
            total += tf.reduce_logsumexp(s) - tf.reduce_sum(want * s)
        return total / m

    def candidate(b):
        score = tf.squeeze(scorer(hidden(b["feat"])), -1)
        want = tf.nn.softmax(b["rel"], axis=1)
        log_p = tf.nn.log_softmax(score, axis=0)
        return -tf.reduce_mean(tf.reduce_sum(want * log_p, axis=1))

    return {
        "variables": hidden.trainable_variables + scorer.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
