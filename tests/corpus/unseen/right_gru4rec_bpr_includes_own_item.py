"""Right: the in-batch BPR also compares the target with itself; that adds a constant log 2 and no gradient.

Source (real): https://github.com/hidasib/GRU4Rec/issues/33
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    I, D, T, n = 14, 5, 4, 10
    emb = tf.Variable(rng.normal(0, 0.6, (I, D)).astype("float32"), name="item_in")
    gate = tf.Variable(rng.normal(0, 0.4, (2 * D, D)).astype("float32"), name="update_gate")
    out = tf.Variable(rng.normal(0, 0.6, (I, D)).astype("float32"), name="item_out")
    bias = tf.Variable(rng.normal(0, 0.2, I).astype("float32"), name="item_bias")
    batch = {
        "session": rng.integers(0, I, (n, T)).astype("int32"),
        "target": rng.permutation(I)[:n].astype("int32"),
    }

    def session_state(session):
        x = tf.gather(emb, session)
        h = tf.zeros([n, D])
        for t in range(T):
            z = tf.sigmoid(tf.concat([x[:, t], h], axis=1) @ gate)
            h = (1 - z) * h + z * tf.tanh(x[:, t])
        return h

    def scores(b):
        h = session_state(b["session"])
        return h @ tf.transpose(tf.gather(out, b["target"])) + tf.gather(bias, b["target"])

    def reference(b):
        yhat = scores(b)
        total = 0.0
        for i in range(n):
            others = tf.concat([yhat[i, :i], yhat[i, i + 1:]], axis=0)
            total += tf.reduce_sum(tf.nn.softplus(others - yhat[i, i]))
        return total / (n * n)

    def candidate(b):
        yhat = scores(b)
        diag = tf.expand_dims(tf.linalg.diag_part(yhat), axis=1)
        return tf.reduce_mean(-tf.math.log(tf.sigmoid(diag - yhat)))

    return {"variables": [emb, gate, out, bias], "batch": batch, "reference": reference, "candidate": candidate}
