"""The pairwise loss is 1 - sigmoid(difference); BPR takes -log sigmoid(difference).

Source (real): https://github.com/maciejkula/spotlight/issues/185
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'bpr = 1.0 - tf.sigmoid(pos_pred - neg_pred)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, items, d = 8, 5, 13, 5
    table = tf.Variable((0.7 * rng.normal(size=(items, d))).astype(np.float32), name="item_embeddings")
    bias = tf.Variable((0.3 * rng.normal(size=items)).astype(np.float32), name="item_biases")
    rec = tf.Variable((0.5 * rng.normal(size=(d, d))).astype(np.float32), name="recurrent")
    seq = rng.integers(1, items, size=(n, t)).astype(np.int32)
    for i in range(n):
        seq[i, : i % 3] = 0                                    # left padding
    batch = {"seq": seq, "negative": rng.integers(1, items, size=(n, t)).astype(np.int32)}

    def user_states(seq):
        state, out = tf.zeros([seq.shape[0], d]), []
        for k in range(t):
            out.append(state)                                  # representation before seeing item k
            state = tf.tanh(state @ rec + tf.gather(table, seq[:, k]))
        return tf.stack(out, 1)

    def predict(states, ids):
        return tf.reduce_sum(states * tf.gather(table, ids), -1) + tf.gather(bias, ids)

    def reference(b):
        states = user_states(b["seq"])
        diff = predict(states, b["seq"]) - predict(states, b["negative"])
        keep = b["seq"] != 0
        return tf.reduce_mean(-tf.math.log_sigmoid(tf.boolean_mask(diff, keep)))

    def candidate(b):
        states = user_states(b["seq"])
        pos_pred = predict(states, b["seq"])
        neg_pred = predict(states, b["negative"])
        mask = tf.cast(tf.not_equal(b["seq"], 0), tf.float32)
        bpr = 1.0 - tf.sigmoid(pos_pred - neg_pred)
        bpr = bpr * mask
        return tf.reduce_sum(bpr) / tf.reduce_sum(mask)

    return {"variables": [table, bias, rec], "batch": batch, "reference": reference, "candidate": candidate}
