"""WaveRNN sampler's u * h + (1 - u) * e is suspected to be swapped; it is the same recurrence as with the complementary gate
1 - u on the candidate. Source: https://github.com/fatchord/WaveRNN/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, hid, levels = 3, 4, 4, 6
    rec = tf.Variable(rng.normal(size=(hid, 3 * hid)).astype(fx), name="R")
    inp = tf.Variable(rng.normal(size=(2, 3 * hid)).astype(fx), name="I_coarse")
    bias = tf.Variable(rng.normal(size=3 * hid).astype(fx), name="bias")
    out = tf.Variable(rng.normal(size=(hid, levels)).astype(fx), name="O")

    def reference(batch):
        h = tf.zeros((n, hid), fx)
        nll = 0.0
        for step in range(t):
            pr, pi = h @ rec, batch["past"][:, step] @ inp
            keep_new = tf.sigmoid(-(pr[:, :hid] + pi[:, :hid] + bias[:hid]))
            r = tf.sigmoid(pr[:, hid:2 * hid] + pi[:, hid:2 * hid] + bias[hid:2 * hid])
            e = tf.tanh(r * pr[:, 2 * hid:] + pi[:, 2 * hid:] + bias[2 * hid:])
            h = h + keep_new * (e - h)
            logp = tf.nn.log_softmax(h @ out)
            nll -= tf.reduce_sum(tf.gather(logp, batch["coarse"][:, step], axis=1, batch_dims=1))
        return nll / (n * t)

    def candidate(batch):
        hidden = tf.zeros((n, hid), dtype=rec.dtype)
        b_u, b_r, b_e = tf.split(bias, 3)
        logits = []
        for step in range(t):
            r_u, r_r, r_e = tf.split(tf.matmul(hidden, rec), 3, axis=1)
            i_u, i_r, i_e = tf.split(tf.matmul(batch["past"][:, step], inp), 3, axis=1)
            u = tf.sigmoid(r_u + i_u + b_u)
            r = tf.sigmoid(r_r + i_r + b_r)
            e = tf.tanh(r * r_e + i_e + b_e)
            hidden = u * hidden + (1.0 - u) * e
            logits.append(tf.matmul(hidden, out))
        logits = tf.stack(logits, axis=1)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["coarse"], logits=logits)
        )

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "past": rng.uniform(-1, 1, size=(n, t, 2)).astype(fx),
            "coarse": rng.integers(0, levels, size=(n, t)).astype("int32"),
        },
        "variables": [rec, inp, bias, out],
    }
