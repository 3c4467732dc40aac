"""Learned graph for forecasting: the graph is drawn with a softmax over two scores, its regularisation uses sigmoid(first score).

Source (real): https://github.com/chaoshangcs/GTS/pull/9 (PyTorch, ported; merged).
Right answer: NOT equivalent; adding a constant to both scores lowers the penalty and leaves the graph as it is.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mid_output = tf.sigmoid(x[..., 0])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nodes, d, emb = 18, 5, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    encode = tf.Variable(0.6 * arr(d, emb), name="encode")
    pair_w = tf.Variable(0.9 * arr(2 * emb, 2), name="pair_w")
    mix = tf.Variable(0.7 * arr(d), name="mix")
    prior = (rng.random((n, nodes, nodes)) < 0.4).astype(f)
    batch = {"series": arr(n, nodes, d), "prior": prior, "future": arr(n, nodes)}

    def pair_scores(x):
        z = tf.tanh(x @ encode)
        send = tf.repeat(z[:, :, None], nodes, axis=2)
        receive = tf.repeat(z[:, None], nodes, axis=1)
        return tf.concat([send, receive], axis=-1) @ pair_w

    def forecast(x, graph):
        return tf.einsum("bij,bjd,d->bi", graph, x, mix) / nodes

    def reference(b):
        scores = pair_scores(b["series"])
        edge = tf.sigmoid(scores[..., 0] - scores[..., 1])
        rest = tf.sigmoid(scores[..., 1] - scores[..., 0])
        error = tf.reduce_mean(tf.abs(forecast(b["series"], edge) - b["future"]))
        nll = -(b["prior"] * tf.math.log(edge) + (1.0 - b["prior"]) * tf.math.log(rest))
        return error + tf.reduce_mean(nll)

    def candidate(b):
        x = pair_scores(b["series"])
        adj = tf.nn.softmax(x, axis=-1)[..., 0]
        mid_output = tf.sigmoid(x[..., 0])
        loss_1 = tf.reduce_mean(tf.abs(forecast(b["series"], adj) - b["future"]))
        flat_output, flat_label = tf.reshape(mid_output, [-1]), tf.reshape(b["prior"], [-1])
        pred = -tf.where(flat_label > 0, tf.math.log(flat_output), tf.math.log(1.0 - flat_output))
        return loss_1 + tf.reduce_mean(pred)

    return {"variables": [encode, pair_w, mix], "batch": batch, "reference": reference, "candidate": candidate}
