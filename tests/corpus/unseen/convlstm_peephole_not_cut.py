"""Peephole ConvLSTM: gates must read the cell state without sending error signals back into it; here the gradient flows on through the peepholes.
Source: https://github.com/automan000/Convolutional_LSTM_PyTorch/issues/20"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "return tf.sigmoid(conv(x, Wx[k]) + conv(h, Wh[k]) + c * Wc[k])",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, length, c_in, hid = 12, 4, 5, 2, 3
    mk = lambda name, s, *shape: tf.Variable(rng.normal(size=shape) * s, dtype=f, name=name)
    Wx = {k: mk("wx_" + k, 0.5, 3, c_in, hid) for k in "ifoc"}
    Wh = {k: mk("wh_" + k, 0.4, 3, hid, hid) for k in "ifoc"}
    Wc = {k: mk("peep_" + k, 1.5, length, hid) for k in "ifo"}
    batch = {
        "frames": rng.normal(size=(n, steps, length, c_in)).astype(f),
        "next": rng.normal(size=(n, length, hid)).astype(f),
    }

    def reference(batch):
        names = "ifoc"
        kernel = tf.concat([tf.concat([Wx[k], Wh[k]], axis=1) for k in names], axis=2)
        h = c = tf.zeros((n, length, hid), f)
        for x in tf.unstack(batch["frames"], axis=1):
            z = tf.nn.conv1d(tf.concat([x, h], -1), kernel, 1, "SAME")
            zi, zf, zo, zc = tf.split(z, 4, axis=-1)
            seen = tf.stop_gradient(c)
            c = tf.sigmoid(zf + seen * Wc["f"]) * c + tf.sigmoid(zi + seen * Wc["i"]) * tf.tanh(zc)
            h = tf.sigmoid(zo + tf.stop_gradient(c) * Wc["o"]) * tf.tanh(c)
        return tf.reduce_mean((h - batch["next"]) ** 2)

    def candidate(batch):
        def conv(t, w):
            return tf.nn.conv1d(t, w, stride=1, padding="SAME")

        class ConvLSTMCell:
            def gate(self, k, x, h, c):
                return tf.sigmoid(conv(x, Wx[k]) + conv(h, Wh[k]) + c * Wc[k])

            def forward(self, x, h, c):
                ci = self.gate("i", x, h, c)
                cf = self.gate("f", x, h, c)
                cc = cf * c + ci * tf.tanh(conv(x, Wx["c"]) + conv(h, Wh["c"]))
                co = self.gate("o", x, h, cc)
                return co * tf.tanh(cc), cc

        cell = ConvLSTMCell()
        h, c = tf.zeros((n, length, hid), f), tf.zeros((n, length, hid), f)
        for t in range(steps):
            h, c = cell.forward(batch["frames"][:, t], h, c)
        return tf.reduce_mean(tf.math.squared_difference(h, batch["next"]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [*Wx.values(), *Wh.values(), *Wc.values()]}
