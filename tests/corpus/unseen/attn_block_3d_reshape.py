"""Spatial attention of a video autoencoder: (b, c, t, h, w) is reshaped to (b * t, c, h * w) without moving t to the front first.

Source (real): https://github.com/PKU-YuanGroup/Open-Sora-Plan/issues/171 (AttnBlock3D, PyTorch, ported; fixed with a permute).
Right answer: NOT equivalent; what is called a channel of one frame is a mix of channels and frames.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "z = tf.reshape(z, [b * t, c, h * w])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, ch, frames, height, width = 12, 4, 3, 2, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq = tf.Variable(0.6 * arr(ch, ch), name="q_w")
    wk = tf.Variable(0.6 * arr(ch, ch), name="k_w")
    wv = tf.Variable(0.6 * arr(ch, ch), name="v_w")
    wo = tf.Variable(0.8 * arr(ch), name="readout_w")
    batch = {"video": arr(n, ch, frames, height, width), "y": arr(n, frames)}

    def reference(b):
        loss = 0.0
        for t in range(frames):
            frame = b["video"][:, :, t]
            q, k, v = (tf.einsum("nchw,cd->nhwd", frame, m) for m in (wq, wk, wv))
            score = tf.einsum("nhwd,nuvd->nhwuv", q, k) / np.sqrt(ch)
            att = tf.exp(score - tf.reduce_logsumexp(score, axis=[3, 4], keepdims=True))
            out = tf.einsum("nhwuv,nuvd->nhwd", att, v)
            pred = tf.linalg.matvec(tf.reduce_mean(tf.nn.elu(out), axis=[1, 2]), wo)
            loss += tf.reduce_mean(tf.square(pred - b["y"][:, t]))
        return loss / frames

    def candidate(batch):
        class AttnBlock3D(keras.layers.Layer):
            def split_frames(self, z):
                b, c, t, h, w = z.shape
                z = tf.reshape(z, [b * t, c, h * w])
                return z

            def call(self, x):
                q, k, v = (self.split_frames(tf.einsum("ncthw,cd->ndthw", x, m)) for m in (wq, wk, wv))
                w_ = tf.matmul(q, k, transpose_a=True) * ch ** (-0.5)
                w_ = tf.nn.softmax(w_, axis=2)
                h_ = tf.matmul(v, w_, transpose_b=True)
                pooled = tf.reduce_mean(tf.nn.elu(h_), axis=2)
                return tf.reshape(pooled, [x.shape[0], x.shape[2], ch])

        pred = tf.einsum("ntc,c->nt", AttnBlock3D()(batch["video"]), wo)
        return tf.reduce_mean((pred - batch["y"]) ** 2)

    return {"variables": [wq, wk, wv, wo], "batch": batch, "reference": reference, "candidate": candidate}
