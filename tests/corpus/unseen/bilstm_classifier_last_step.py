"""Bidirectional recurrent classifier: the summary is the forward state after the last step and the backward state after the first.
`out[:, -1, :]` takes the backward direction where it has read one step only.
Source: https://github.com/yunjey/pytorch-tutorial/pull/174"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "out = tf.matmul(out[:, -1, :], fc_w) + fc_b",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, h, classes = 13, 6, 3, 4, 5
    x = rng.normal(size=(n, t, d)).astype(f)
    label = rng.integers(0, classes, size=n).astype("int32")

    def par(name, *shape):
        return tf.Variable((0.5 * rng.normal(size=shape)).astype(f), name=name)

    cells = [(par("w_f", d, 2 * h), par("u_f", h, 2 * h)), (par("w_r", d, 2 * h), par("u_r", h, 2 * h))]
    fc_w, fc_b = par("fc_w", 2 * h, classes), par("fc_b", classes)

    def minimal_gated(inp, state, w, u):
        pre = inp @ w + state @ u
        gate, cand = tf.sigmoid(pre[:, :h]), tf.tanh(pre[:, h:])
        return gate * state + (1.0 - gate) * cand

    def reference(batch):
        fw = bw = tf.zeros((n, h), dtype=f)
        for k in range(t):
            fw = minimal_gated(batch["x"][:, k], fw, *cells[0])
            bw = minimal_gated(batch["x"][:, t - 1 - k], bw, *cells[1])
        logits = tf.concat([fw, bw], axis=-1) @ fc_w + fc_b
        lse = tf.reduce_logsumexp(logits, axis=1)
        return tf.reduce_mean(lse - tf.gather(logits, batch["label"], axis=1, batch_dims=1))

    def candidate(batch):
        def lstm(seq):
            directions = []
            for (w, u), flip in zip(cells, (False, True)):
                steps = tf.unstack(tf.reverse(seq, [1]) if flip else seq, axis=1)
                state, hist = tf.zeros((n, h), dtype=f), []
                for s in steps:
                    state = minimal_gated(s, state, w, u)
                    hist.append(state)
                hist = tf.stack(hist, axis=1)
                directions.append(tf.reverse(hist, [1]) if flip else hist)
            return tf.concat(directions, axis=2)

        out = lstm(batch["x"])
        out = tf.matmul(out[:, -1, :], fc_w) + fc_b
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=out))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "label": label},
            "variables": [*cells[0], *cells[1], fc_w, fc_b]}
