"""The suggested negative binomial likelihood passes alpha*mu as the logits of the
distribution, whose odds they are. Source: https://github.com/zhykoties/TimeSeries/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "log_odds = alpha * mu",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, d = 3, 6, 4
    w_h, w_mu, w_al = var("w_h", d, 6), var("w_mu", 6, 1), var("w_al", 6, 1)

    def reference(batch):
        h = tf.tanh(batch["cov"] @ w_h)
        m = tf.nn.softplus(h @ w_mu)[..., 0] * batch["scale"][:, None]
        a = tf.nn.softplus(h @ w_al)[..., 0] / tf.sqrt(batch["scale"])[:, None]
        z = batch["target"]
        r = 1.0 / a
        ll = (tf.math.lgamma(z + r) - tf.math.lgamma(z + 1.0) - tf.math.lgamma(r)
              - r * tf.math.log(1.0 + a * m) + z * tf.math.log(a * m / (1.0 + a * m)))
        seen = tf.cast(z != 0.0, z.dtype)
        return -tf.reduce_sum(ll * seen) / tf.reduce_sum(seen)

    def candidate(batch):
        def log_prob(value, total_count, logits):
            unnormalised = total_count * tf.math.log_sigmoid(-logits) + value * tf.math.log_sigmoid(logits)
            norm = tf.math.lgamma(total_count) + tf.math.lgamma(1.0 + value) - tf.math.lgamma(total_count + value)
            return unnormalised - norm

        hidden = tf.tanh(batch["cov"] @ w_h)
        v = batch["scale"][:, None]
        mu = tf.nn.softplus(tf.squeeze(hidden @ w_mu, -1)) * v
        alpha = tf.nn.softplus(tf.squeeze(hidden @ w_al, -1)) / tf.sqrt(v)
        keep = batch["target"] != 0.0
        labels = tf.boolean_mask(batch["target"], keep)
        mu, alpha = tf.boolean_mask(mu, keep), tf.boolean_mask(alpha, keep)
        log_odds = alpha * mu
        return -tf.reduce_mean(log_prob(labels, 1.0 / alpha, log_odds))

    return {"reference": reference, "candidate": candidate,
            "batch": {"cov": arr(n, T, d), "target": rng.poisson(3.0, (n, T)).astype(fx), "scale": np.array([1.0, 2.0, 3.0], dtype=fx)},
            "variables": [w_h, w_mu, w_al]}
