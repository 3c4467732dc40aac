"""Skip-GANomaly adds the latent loss to the generator's objective, but the features of the fake image come from a
forward pass on the detached image, so that the term cannot update the generator. Source: https://github.com/samet-akcay/skip-ganomaly/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'fake_for_d = tf.stop_gradient(fake)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, dim, lat = 4, 6, 3
    g_enc, g_dec = var("netg_encoder", dim, lat), var("netg_decoder", lat, dim)
    d_feat, d_out = arr(dim, 5, scale=0.6), arr(5, 1, scale=0.6)

    def netd(x, batch):
        feat = tf.nn.leaky_relu(tf.matmul(x, batch["d_feat"]), 0.2)
        return tf.matmul(feat, batch["d_out"])[:, 0], feat

    def netg(x):
        return tf.tanh(tf.matmul(tf.nn.leaky_relu(tf.matmul(x, g_enc), 0.2), g_dec))

    def reference(batch):
        x = batch["image"]
        fake = netg(x)
        logit, feat_fake = netd(fake, batch)
        _, feat_real = netd(x, batch)
        adv = tf.reduce_mean(tf.nn.softplus(-logit))
        con = tf.reduce_mean(tf.abs(x - fake))
        lat_err = tf.reduce_mean(tf.square(feat_fake - tf.stop_gradient(feat_real)))
        return 1.0 * adv + 5.0 * con + 4.0 * lat_err

    def candidate(batch):
        real = batch["image"]
        fake = netg(real)
        pred_real, feat_real = netd(real, batch)
        fake_for_d = tf.stop_gradient(fake)
        pred_fake, feat_fake = netd(fake_for_d, batch)
        pred_g, _ = netd(fake, batch)
        ones = tf.ones_like(pred_g)
        err_g_adv = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=ones, logits=pred_g))
        err_g_con = tf.reduce_mean(tf.abs(fake - real))
        err_g_lat = tf.reduce_mean(tf.square(feat_fake - feat_real))
        return err_g_adv * 1.0 + err_g_con * 5.0 + err_g_lat * 4.0

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": arr(n, dim), "d_feat": d_feat, "d_out": d_out},
            "variables": [g_enc, g_dec]}
