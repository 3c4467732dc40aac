"""Feature matching of the generator in GAN-BERT: the squared difference of mean features
is averaged over the features, the paper takes the squared L2 norm. Source: https://github.com/crux82/ganbert-pytorch/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'g_feat_reg = tf.reduce_mean(tf.square(diff))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, dz, df, k = 6, 4, 7, 3
    g_w = var("g_w", dz, df)
    d_h = var("d_h", df, df, scale=0.4)
    d_out = var("d_out", df, k + 1, scale=0.5)
    eps = 1e-8
    noise = rng.standard_normal((n, dz)).astype(fx)
    bert = rng.standard_normal((n, df)).astype(fx)

    def discriminator(h):
        feats = tf.nn.leaky_relu(tf.matmul(h, d_h), 0.2)
        return feats, tf.nn.softmax(tf.matmul(feats, d_out))

    def reference(batch):
        fake_feats, fake_probs = discriminator(tf.tanh(tf.matmul(batch["noise"], g_w)))
        real_feats, _ = discriminator(batch["bert"])
        loss_d = -tf.reduce_mean(tf.math.log(1.0 - fake_probs[:, -1] + eps))
        gap = tf.reduce_mean(real_feats, 0) - tf.reduce_mean(fake_feats, 0)
        loss_feat = tf.reduce_sum(gap * gap)
        return loss_d + loss_feat

    def candidate(batch):
        gen_rep = tf.tanh(tf.matmul(batch["noise"], g_w))
        both = tf.concat([batch["bert"], gen_rep], axis=0)
        features, probs = discriminator(both)
        d_real_features, d_fake_features = tf.split(features, 2)
        d_fake_probs = probs[n:]
        g_loss_d = -1 * tf.reduce_mean(tf.math.log(1 - d_fake_probs[:, -1] + eps))
        diff = tf.reduce_mean(d_real_features, axis=0) - tf.reduce_mean(d_fake_features, axis=0)
        g_feat_reg = tf.reduce_mean(tf.square(diff))
        return g_loss_d + g_feat_reg

    return {"reference": reference, "candidate": candidate,
            "batch": {"noise": noise, "bert": bert}, "variables": [g_w, d_h, d_out]}
