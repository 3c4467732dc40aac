"""Selective scan with a Blelloch prefix scan: the operands of the d-term are swapped in the down-sweep.

Source (real): https://github.com/state-spaces/mamba/issues/716 (second half of the thread, a custom PyTorch scan, ported).
Right answer: NOT equivalent to the recurrence. The right child needs left_s * parent_d + left_d.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "D[right] = parent_s * left_d + parent_d",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seqlen, d = 14, 8, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_delta = tf.Variable(0.5 * arr(d, d), name="dt_proj")
    a_log = tf.Variable(0.3 * arr(d), name="A_log")
    w_b = tf.Variable(0.7 * arr(d, d), name="B_proj")
    w_c = tf.Variable(0.7 * arr(d), name="C")
    batch = {"u": arr(n, seqlen, d), "y": arr(n, seqlen)}

    def discretize(u):
        delta = tf.nn.softplus(u @ w_delta)
        return tf.exp(-delta * tf.exp(a_log)), delta * (u @ w_b)

    def reference(b):
        decay, inp = discretize(b["u"])
        h = tf.zeros_like(inp[:, 0])
        loss = 0.0
        for t in range(seqlen):
            h = decay[:, t] * h + inp[:, t]
            loss += tf.reduce_mean(tf.square(tf.linalg.matvec(h, w_c) - b["y"][:, t]))
        return loss / seqlen

    def candidate(b):
        def blelloch_scan(s, d_):
            S, D = tf.unstack(s, axis=1), tf.unstack(d_, axis=1)
            size = len(S)
            stride = 1
            while stride < size:
                for right in range(2 * stride - 1, size, 2 * stride):
                    left = right - stride
                    S[right], D[right] = S[left] * S[right], S[right] * D[left] + D[right]
                stride *= 2
            S[-1], D[-1] = tf.ones_like(S[-1]), tf.zeros_like(D[-1])
            while stride > 1:
                stride //= 2
                for right in range(2 * stride - 1, size, 2 * stride):
                    left = right - stride
                    left_s, left_d = S[left], D[left]
                    parent_s, parent_d = S[right], D[right]
                    S[left], D[left] = parent_s, parent_d
                    S[right] = parent_s * left_s
                    D[right] = parent_s * left_d + parent_d
            return tf.stack(D, axis=1)

        dA, dBu = discretize(b["u"])
        h = dA * blelloch_scan(dA, dBu) + dBu
        y = tf.einsum("nld,d->nl", h, w_c)
        return tf.reduce_mean(tf.square(y - b["y"]))

    return {"variables": [w_delta, a_log, w_b, w_c], "batch": batch, "reference": reference, "candidate": candidate}
