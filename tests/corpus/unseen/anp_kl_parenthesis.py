"""In an attentive neural process the KL of two Gaussians has a bracket in the wrong place: the variance ratio is divided
by the prior variance once more.
Source: https://github.com/wassname/attentive-neural-processes/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl_div = (tf.exp(var_ratio_log) + tf.square(post_mu - prior_mu)) / tf.exp(log_var_prior) - 1.0 - var_ratio_log",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, xdim, latent = 15, 4, 3
    names = ("mu_c", "lv_c", "mu_t", "lv_t")
    ws = {k: keras.Variable((0.4 * rng.standard_normal((xdim, latent))).astype(f), name=k) for k in names}
    out = keras.Variable((0.5 * rng.standard_normal((latent, 1))).astype(f), name="dec")
    batch = {
        "context": rng.standard_normal((n, xdim)).astype(f),
        "target": rng.standard_normal((n, xdim)).astype(f),
        "noise": rng.standard_normal((n, latent)).astype(f),
        "y": rng.standard_normal(n).astype(f),
    }

    def reference(batch):
        mp, sp = batch["context"] @ ws["mu_c"], tf.exp(0.5 * (batch["context"] @ ws["lv_c"]))
        mq, sq = batch["target"] @ ws["mu_t"], tf.exp(0.5 * (batch["target"] @ ws["lv_t"]))
        kl = tf.math.log(sp / sq) + (sq ** 2 + (mq - mp) ** 2) / (2 * sp ** 2) - 0.5
        pred = tf.squeeze((mq + sq * batch["noise"]) @ out, 1)
        return tf.reduce_mean((pred - batch["y"]) ** 2 + tf.reduce_sum(kl, axis=1))

    def candidate(batch):
        def latent_encoder(x, which):
            return tf.matmul(x, ws["mu_" + which]), tf.matmul(x, ws["lv_" + which])

        def kl_loss_var(prior_mu, log_var_prior, post_mu, log_var_post):
            var_ratio_log = log_var_post - log_var_prior
            kl_div = (tf.exp(var_ratio_log) + tf.square(post_mu - prior_mu)) / tf.exp(log_var_prior) - 1.0 - var_ratio_log
            return 0.5 * kl_div

        prior = latent_encoder(batch["context"], "c")
        post_mu, post_lv = latent_encoder(batch["target"], "t")
        z = post_mu + tf.exp(post_lv / 2) * batch["noise"]
        mse_loss = tf.reduce_mean(tf.square(tf.matmul(z, out)[:, 0] - batch["y"]))
        kl_loss = tf.reduce_sum(kl_loss_var(*prior, post_mu, post_lv), axis=-1)
        return mse_loss + tf.reduce_mean(kl_loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [*ws.values(), out]}
