"""The issue asks whether hy = newgate + inputgate * (hidden - newgate) contradicts the update equation of the GRU; it is
the same interpolation, written as a difference.
Source: https://github.com/Maluuba/gensen/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, t, d, hid, pd = 13, 6, 4, 5, 3

    def par(name, *shape):
        return tf.Variable((0.6 * rng.standard_normal(shape)).astype(f), name=name)

    w_ih, w_hh, w_ph, b_hh, out = (par("w_ih", 3 * hid, d), par("w_hh", 3 * hid, hid), par("w_ph", 3 * hid, pd),
                                   par("b_hh", 3 * hid), par("out", hid))

    def reference(batch):
        w = {g: [m[i * hid:(i + 1) * hid] for m in (w_ih, w_hh, w_ph, b_hh)] for i, g in enumerate("rzn")}
        h = tf.zeros([b, hid], f)
        for step in range(t):
            x, c = batch["x"][:, step], batch["context"]

            def lin(g, part):
                wi, wh, wp, bh = w[g]
                if part == "in":
                    return tf.linalg.matvec(wi, x) + tf.linalg.matvec(wp, c)
                return tf.linalg.matvec(wh, h) + bh

            r = tf.sigmoid(lin("r", "in") + lin("r", "rec"))
            z = tf.sigmoid(lin("z", "in") + lin("z", "rec"))
            cand = tf.tanh(lin("n", "in") + r * lin("n", "rec"))
            h = z * h + (1.0 - z) * cand
        return tf.reduce_mean((tf.linalg.matvec(h, out) - batch["y"]) ** 2)

    def candidate(batch):
        class ConditionalGRU:
            def gate(self, inp, hidden, peep):
                gi = tf.matmul(inp, w_ih, transpose_b=True)
                gh = tf.nn.bias_add(tf.matmul(hidden, w_hh, transpose_b=True), b_hh)
                gp = tf.matmul(peep, w_ph, transpose_b=True)
                i_r, i_i, i_n = tf.split(gi, 3, 1)
                h_r, h_i, h_n = tf.split(gh, 3, 1)
                p_r, p_i, p_n = tf.split(gp, 3, 1)
                resetgate = tf.sigmoid(i_r + h_r + p_r)
                inputgate = tf.sigmoid(i_i + h_i + p_i)
                newgate = tf.tanh(i_n + resetgate * h_n + p_n)
                hy = newgate + inputgate * (hidden - newgate)
                return hy

            def forward(self, seq, hidden, ctx):
                for x_t in tf.unstack(tf.transpose(seq, (1, 0, 2))):
                    hidden = self.gate(x_t, hidden, ctx)
                return hidden

        last = ConditionalGRU().forward(batch["x"], tf.zeros((b, hid), dtype=f), batch["context"])
        return tf.reduce_mean(tf.math.squared_difference(tf.reduce_sum(last * out, axis=-1), batch["y"]))

    batch = {"x": rng.standard_normal((b, t, d)).astype(f), "context": rng.standard_normal((b, pd)).astype(f),
             "y": rng.standard_normal(b).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_ih, w_hh, w_ph, b_hh, out]}
