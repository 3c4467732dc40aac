"""Word-by-word attention for entailment: the softmax runs over the single output unit (L, 1), so each weight is 1.

Source (real): https://github.com/keras-team/keras/issues/2067 (shyamupa/snli-entailment, Keras 0.3: TimeDistributedDense(1,
activation="softmax"); a commenter: "causing a constant output of 1"; confirmed).
Right answer: NOT equivalent; the attention parameters get a gradient that is exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'alpha = tf.nn.softmax(M @ params["w_alpha"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, L, k, classes = 18, 6, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    params = {
        "W_y": tf.Variable(0.8 * arr(k, k), name="W_y"),
        "W_h": tf.Variable(0.8 * arr(k, k), name="W_h"),
        "w_alpha": tf.Variable(arr(k, 1), name="w_alpha"),
        "W_p": tf.Variable(0.6 * arr(k, k), name="W_p"),
        "W_x": tf.Variable(0.6 * arr(k, k), name="W_x"),
        "W_out": tf.Variable(0.8 * arr(k, classes), name="W_out"),
    }
    batch = {"Y": arr(n, L, k), "h_n": arr(n, k), "label": rng.integers(0, classes, n)}

    def reference(b):
        total = 0.0
        for Y, h, label in zip(b["Y"], b["h_n"], b["label"]):
            h = h[None]
            energy = tf.tanh(Y @ params["W_y"] + tf.repeat(h @ params["W_h"], L, axis=0)) @ params["w_alpha"]
            weight = tf.exp(energy[:, 0] - tf.reduce_logsumexp(energy))
            r = weight[None] @ Y
            h_star = tf.tanh(r @ params["W_p"] + h @ params["W_x"])
            total -= tf.nn.log_softmax(h_star @ params["W_out"])[0, label]
        return total / b["label"].shape[0]

    def candidate(b):
        Y, h_n = b["Y"], b["h_n"]
        Wh_n = keras.ops.repeat((h_n @ params["W_h"])[:, None], L, axis=1)
        M = keras.activations.tanh(Y @ params["W_y"] + Wh_n)
        alpha = tf.nn.softmax(M @ params["w_alpha"])
        alpha = keras.ops.reshape(alpha, (-1, L))
        r = tf.einsum("nl,nlk->nk", alpha, Y)
        h_star = keras.activations.tanh(r @ params["W_p"] + h_n @ params["W_x"])
        out = h_star @ params["W_out"]
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(b["label"], out, from_logits=True))

    variables = list(params.values())
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
