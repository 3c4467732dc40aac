"""M3D-CLIP: the learned logit_scale is a logarithm, log(1/0.07), and the forward pass multiplies with it without exp().
Source: https://github.com/BAAI-DCAI/M3D/issues/64"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'scale = self.logit_scale',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, di, dt, e = 16, 6, 5, 4
    volume = rng.normal(size=(n, di)).astype(f)
    report = rng.normal(size=(n, dt)).astype(f)
    w_img = tf.Variable(rng.normal(size=(di, e)).astype(f), name="w_img")
    w_txt = tf.Variable(rng.normal(size=(dt, e)).astype(f), name="w_txt")
    logit_scale = tf.Variable(np.asarray(np.log(1 / 0.07), f), name="logit_scale")

    def reference(batch):
        a = tf.math.l2_normalize(batch["volume"] @ w_img, axis=1)
        b = tf.math.l2_normalize(batch["report"] @ w_txt, axis=1)
        sim = tf.exp(logit_scale) * tf.matmul(a, b, transpose_b=True)
        hit = tf.linalg.diag_part(sim)
        rows = tf.reduce_logsumexp(sim, axis=1) - hit
        cols = tf.reduce_logsumexp(sim, axis=0) - hit
        return 0.5 * (tf.reduce_mean(rows) + tf.reduce_mean(cols))

    def candidate(batch):
        class M3DCLIP:
            def __init__(self):
                self.logit_scale = logit_scale

            def encode(self, x, proj):
                out = x @ proj
                return out / tf.norm(out, axis=-1, keepdims=True)

            def forward(self, images, texts):
                image_features = self.encode(images, w_img)
                text_features = self.encode(texts, w_txt)
                scale = self.logit_scale
                logits_per_image = scale * image_features @ tf.transpose(text_features)
                logits_per_text = tf.transpose(logits_per_image)
                labels = tf.range(images.shape[0])
                ce = tf.nn.sparse_softmax_cross_entropy_with_logits
                return tf.reduce_mean(ce(labels, logits_per_image) + ce(labels, logits_per_text)) / 2

        return M3DCLIP().forward(batch["volume"], batch["report"])

    return {"reference": reference, "candidate": candidate, "batch": {"volume": volume, "report": report},
            "variables": [w_img, w_txt, logit_scale]}
