"""Multinomial diffusion: the embedded segmentation map (B, C, H, W, dim) is permuted to (B, C, W, H, dim) and then reshaped to (B, C * dim, H, W).

Source (real): https://github.com/ehoogeboom/multinomial_diffusion/issues/1 (PyTorch, ported; confirmed, results improved after the fix).
Right answer: NOT equivalent; the embedding channels are spread over the pixels.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "x = tf.transpose(x, [0, 1, 3, 2, 4])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, c, h, w, dim, classes = 15, 2, 4, 6, 3, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    embedding = tf.Variable(arr(classes, dim), name="embedding")
    conv = tf.Variable(0.6 * arr(c * dim, classes), name="conv1x1")
    x_t = rng.integers(0, classes, (n, c, h, w))
    batch = {"x_t": x_t, "x_0": np.where(rng.random((n, h, w)) < 0.7, x_t[:, 0], rng.integers(0, classes, (n, h, w)))}

    def reference(b):
        # 1x1 convolution, pixel by pixel: the feature of a pixel is the concatenation of its channel embeddings
        losses = []
        for i in range(h):
            for j in range(w):
                feat = [tf.gather(embedding, b["x_t"][:, k, i, j]) for k in range(c)]
                logp = tf.nn.log_softmax(tf.concat(feat, -1) @ conv)
                losses.append(-tf.gather(logp, b["x_0"][:, i, j], batch_dims=1))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        B, C, H, W = b["x_t"].shape
        x = tf.gather(embedding, b["x_t"])                # B x C x H x W x dim
        x = tf.transpose(x, [0, 1, 3, 2, 4])
        x = tf.reshape(x, [B, C * dim, H, W])
        logits = tf.einsum("bchw,ck->bhwk", x, conv)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["x_0"], logits=logits)
        return tf.reduce_mean(ce)

    return {"variables": [embedding, conv], "batch": batch, "reference": reference, "candidate": candidate}
