"""SRGAN content loss: asked why the features of the real image are detached though the extractor is frozen; nothing trainable
lies behind them, so the gradient is the same.
Source: https://github.com/eriklindernoren/PyTorch-GAN/issues/94"""
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
    f = keras.config.floatx()
    n, lo, hi, feat = 12, 5, 8, 6
    imgs_lr = rng.normal(size=(n, lo)).astype(f)
    imgs_hr = rng.normal(size=(n, hi)).astype(f)
    vgg1 = rng.normal(size=(hi, feat)).astype(f) * 0.5
    vgg2 = rng.normal(size=(feat, 4)).astype(f) * 0.5
    disc = rng.normal(size=(hi, 1)).astype(f) * 0.3
    up = tf.Variable(rng.normal(size=(lo, 7)).astype(f) * 0.4, name="up")
    out = tf.Variable(rng.normal(size=(7, hi)).astype(f) * 0.4, name="out")

    def reference(batch):
        sr = tf.tanh(tf.nn.softplus(batch["imgs_lr"] @ up) @ out)
        gap = tf.nn.softplus(sr @ vgg1) @ vgg2 - tf.nn.softplus(batch["imgs_hr"] @ vgg1) @ vgg2
        adv = tf.reduce_mean(tf.square(sr @ disc - 1.0))
        return tf.reduce_mean(tf.abs(gap)) + 1e-2 * adv

    def candidate(batch):
        class FeatureExtractor:
            layers = [lambda x: tf.linalg.matmul(x, vgg1), tf.math.softplus, lambda x: tf.linalg.matmul(x, vgg2)]

            def __call__(self, img):
                for layer in self.layers:
                    img = layer(img)
                return img

        feature_extractor = FeatureExtractor()
        hidden = tf.math.softplus(tf.einsum("ni,ij->nj", batch["imgs_lr"], up))
        gen_hr = tf.math.tanh(tf.einsum("nj,jk->nk", hidden, out))
        valid = tf.ones((n, 1), f)
        loss_gan = tf.reduce_mean(tf.math.squared_difference(tf.matmul(gen_hr, disc), valid))
        gen_features = feature_extractor(gen_hr)
        real_features = feature_extractor(batch["imgs_hr"])
        loss_content = tf.reduce_mean(tf.abs(gen_features - tf.stop_gradient(real_features)))
        return loss_content + 1e-2 * loss_gan

    return {"reference": reference, "candidate": candidate, "batch": {"imgs_lr": imgs_lr, "imgs_hr": imgs_hr}, "variables": [up, out]}
