"""The peephole of the output gate is added after its nonlinearity, so the gate is no gate any more.

Source (real): https://github.com/Lasagne/Lasagne/issues/448
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'outgate += cell * p_o',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d, m = 6, 5, 3, 4
    w_x, w_h, bias = var("w_x", d, 4 * m), var("w_h", m, 4 * m), var("bias", 4 * m)
    p_i, p_f, p_o = var("p_i", m), var("p_f", m), var("p_o", m)
    w_y = var("w_y", m, 3)
    batch = {"x": arr(n, T, d), "label": rng.integers(0, 3, size=(n, T))}

    def seq_loss(outs, b):
        logits = tf.stack(outs, axis=1) @ w_y
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits))

    def reference(b):
        hid = cell = tf.zeros([n, m])
        outs = []
        for t in range(T):
            i, f, g, o = tf.split(b["x"][:, t] @ w_x + hid @ w_h + bias, 4, axis=1)
            new = tf.sigmoid(f + cell * p_f) * cell + tf.sigmoid(i + cell * p_i) * tf.tanh(g)
            hid = tf.sigmoid(o + new * p_o) * tf.tanh(new)
            cell = new
            outs.append(hid)
        return seq_loss(outs, b)

    def candidate(b):
        hid = cell = tf.zeros([n, m])
        outs = []
        for t in range(T):
            ingate, forgetgate, cell_in, outgate = tf.split(b["x"][:, t] @ w_x + hid @ w_h + bias, 4, axis=1)
            ingate += cell * p_i
            forgetgate += cell * p_f
            ingate, forgetgate, outgate = tf.sigmoid(ingate), tf.sigmoid(forgetgate), tf.sigmoid(outgate)
            cell = forgetgate * cell + ingate * tf.tanh(cell_in)
            outgate += cell * p_o
            hid = outgate * tf.tanh(cell)
            outs.append(hid)
        return seq_loss(outs, b)

    return {"variables": [w_x, w_h, bias, p_i, p_f, p_o, w_y], "batch": batch, "reference": reference, "candidate": candidate}
