"""Stacked LSTM cell of ENAS: the cell returns (hidden, cell state), but it is unpacked as (cell state, hidden), so the next layer reads the cell state.

Source (real): https://github.com/microsoft/nni/issues/2839 and pull/2842 (PyTorch, ported; fixed).
Right answer: NOT equivalent. The recurrence stays consistent (both are swapped there and back), only the output is the wrong one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "curr_c, curr_h = cell(inputs, (prev_c[layer], prev_h[layer]))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, hid, ops = 16, 4, 5, 3
    layers = 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernels = [tf.Variable(0.5 * arr(2 * hid, 4 * hid), name=f"lstm{i}_kernel") for i in range(layers)]
    biases = [tf.Variable(0.2 * arr(4 * hid), name=f"lstm{i}_bias") for i in range(layers)]
    emb = tf.Variable(0.8 * arr(ops, hid), name="op_embedding")
    head = tf.Variable(0.9 * arr(hid, ops), name="soft_w")
    batch = {"ops": rng.integers(0, ops, (n, steps + 1)), "reward": arr(n)}

    def reference(b):
        m = b["reward"].shape[0]
        h = [tf.zeros([m, hid], emb.dtype) for _ in range(layers)]
        c = [tf.zeros([m, hid], emb.dtype) for _ in range(layers)]
        logp = 0.0
        for t in range(steps):
            x = tf.gather(emb, b["ops"][:, t])
            for i in range(layers):
                pre = x @ kernels[i][:hid] + h[i] @ kernels[i][hid:] + biases[i]
                gi, gf, gg, go = (pre[:, k * hid : (k + 1) * hid] for k in range(4))
                c[i] = tf.sigmoid(gf) * c[i] + tf.sigmoid(gi) * tf.tanh(gg)
                h[i] = tf.sigmoid(go) * tf.tanh(c[i])
                x = h[i]
            logp += tf.gather(tf.nn.log_softmax(x @ head), b["ops"][:, t + 1], batch_dims=1)
        return -tf.reduce_mean(b["reward"] * logp)

    def candidate(b):
        def lstm_cell(kernel, bias):
            def step(x, state):
                hx, cx = state
                i, fg, g, o = tf.split(tf.concat([x, hx], axis=1) @ kernel + bias, 4, axis=1)
                cy = tf.sigmoid(fg) * cx + tf.sigmoid(i) * tf.tanh(g)
                return tf.sigmoid(o) * tf.tanh(cy), cy

            return step

        class StackedLSTMCell:
            def __init__(self):
                self.lstm_modules = [lstm_cell(k, v) for k, v in zip(kernels, biases)]

            def forward(self, inputs, hidden):
                prev_c, prev_h = hidden
                next_c, next_h = [], []
                for layer, cell in enumerate(self.lstm_modules):
                    curr_c, curr_h = cell(inputs, (prev_c[layer], prev_h[layer]))
                    next_c.append(curr_c)
                    next_h.append(curr_h)
                    inputs = curr_h
                return next_c, next_h

        lstm = StackedLSTMCell()
        zero = tf.zeros([tf.shape(b["reward"])[0], hid], emb.dtype)
        c, h = [zero] * layers, [zero] * layers
        sample_log_prob = []
        for t in range(steps):
            c, h = lstm.forward(tf.gather(emb, b["ops"][:, t]), (c, h))
            logit = h[-1] @ head
            sample_log_prob.append(
                -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ops"][:, t + 1], logits=logit)
            )
        return -tf.reduce_mean(tf.add_n(sample_log_prob) * b["reward"])

    return {"variables": [*kernels, *biases, emb, head], "batch": batch, "reference": reference, "candidate": candidate}
