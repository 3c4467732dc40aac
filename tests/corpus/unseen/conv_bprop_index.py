"""Hand-written backward pass of a convolution: the input gradient is stored at the leftover output index m instead of d.

Source (real): https://github.com/NervanaSystems/neon/issues/111 (numpy backend nervanacpu.bprop_conv, ported).
Right answer: NOT equivalent. array_grad_I[m, ...] is overwritten with wrong rows; only the layers below the convolution suffer.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "array_grad_I[m, w] = acc",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, cin, ch, depth, width, ks, kout = 12, 2, 3, 5, 4, 2, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_in = tf.Variable(arr(cin, ch), name="pointwise")
    filt = tf.Variable(0.5 * arr(ks, ks, ch, kout), name="filter")
    w_out = tf.Variable(0.5 * arr(kout), name="readout")
    batch = {"x": arr(n, depth, width, cin), "y": arr(n)}

    def head(z, y):
        pooled = tf.reduce_mean(tf.tanh(z), axis=[1, 2])
        return tf.reduce_mean(tf.square(tf.linalg.matvec(pooled, w_out) - y))

    def reference(b):
        return head(tf.nn.conv2d(tf.tanh(b["x"] @ w_in), filt, strides=1, padding="VALID"), b["y"])

    def candidate(b):
        M, Q = depth - ks + 1, width - ks + 1

        @tf.custom_gradient
        def fprop_conv(I, F):
            rows = []
            for m in range(M):
                cols = [tf.einsum("ntsc,tsck->nk", I[:, m : m + ks, q : q + ks], F) for q in range(Q)]
                rows.append(tf.stack(cols, axis=1))

            def bprop_conv(E):
                array_grad_I = {}
                for d in range(depth):
                    for w in range(width):
                        acc = tf.zeros_like(I[:, 0, 0])
                        for t in range(ks):
                            for s in range(ks):
                                m, q = d - t, w - s
                                if 0 <= m < M and 0 <= q < Q:
                                    acc += E[:, m, q] @ tf.transpose(F[t, s])
                        array_grad_I[m, w] = acc
                empty = tf.zeros_like(I[:, 0, 0])
                grad_I = [
                    tf.stack([array_grad_I.get((d, w), empty) for w in range(width)], axis=1) for d in range(depth)
                ]
                grad_F = [
                    tf.stack([tf.einsum("nmqc,nmqk->ck", I[:, t : t + M, s : s + Q], E) for s in range(ks)])
                    for t in range(ks)
                ]
                return tf.stack(grad_I, axis=1), tf.stack(grad_F)

            return tf.stack(rows, axis=1), bprop_conv

        hidden = tf.tanh(b["x"] @ w_in)
        return head(fprop_conv(hidden, tf.convert_to_tensor(filt)), b["y"])

    return {"variables": [w_in, filt, w_out], "batch": batch, "reference": reference, "candidate": candidate}
