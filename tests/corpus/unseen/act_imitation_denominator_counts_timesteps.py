"""ACT behaviour cloning: the masked L1 error over (time, action dimension) is divided by the number of valid time steps only.

Source (real): https://github.com/huggingface/lerobot/pull/3377
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'l1_loss = tf.reduce_sum(abs_err * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)',
    "same_forward_value": False,
}
KL_WEIGHT = 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, horizon, ds, da, z = 8, 6, 5, 4, 3

    def mat(*s):
        return rng.normal(0, 0.6, s).astype("float32")

    enc_mu = tf.Variable(mat(horizon * da, z), name="latent_mu")
    enc_ls = tf.Variable(mat(horizon * da, z) * 0.3, name="latent_logvar")
    dec = tf.Variable(mat(ds + z, horizon * da), name="decoder")
    valid = rng.integers(2, horizon + 1, n)
    batch = {"state": mat(n, ds), "action": mat(n, horizon, da), "eps": rng.normal(0, 1, (n, z)).astype("float32"),
             "is_pad": np.arange(horizon)[None] >= valid[:, None]}

    def forward(b):
        flat = tf.reshape(b["action"], [n, -1])
        mu, logvar = flat @ enc_mu, flat @ enc_ls
        latent = mu + tf.exp(0.5 * logvar) * b["eps"]
        out = tf.concat([b["state"], latent], 1) @ dec
        return tf.reshape(out, [n, horizon, da]), mu, logvar

    def reference(b):
        pred, mu, logvar = forward(b)
        keep = tf.logical_not(b["is_pad"])
        err = tf.abs(tf.boolean_mask(pred, keep) - tf.boolean_mask(b["action"], keep))
        kl = 0.5 * tf.reduce_sum(tf.exp(logvar) + mu ** 2 - 1.0 - logvar, axis=1)
        return tf.reduce_mean(err) + KL_WEIGHT * tf.reduce_mean(kl)

    def candidate(b):
        actions_hat, mu_hat, log_sigma_x2_hat = forward(b)
        abs_err = tf.abs(b["action"] - actions_hat)
        mask = tf.cast(~b["is_pad"], tf.float32)[:, :, None]
        l1_loss = tf.reduce_sum(abs_err * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)
        mean_kld = tf.reduce_mean(tf.reduce_sum(
            -0.5 * (1.0 + log_sigma_x2_hat - tf.square(mu_hat) - tf.exp(log_sigma_x2_hat)), axis=-1))
        return l1_loss + KL_WEIGHT * mean_kld

    return {"variables": [enc_mu, enc_ls, dec], "batch": batch, "reference": reference, "candidate": candidate}
