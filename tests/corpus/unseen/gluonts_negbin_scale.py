"""Thread: alpha + (scale-1)/mu seems to lack the scale in its denominator, but mu was multiplied by scale on the line before.
Source: https://github.com/awslabs/gluonts/issues/872"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, f = 3, 4, 3
    wm = tf.Variable(rng.normal(size=(f,)).astype(fx) * 0.5, name="mu_w")
    wa = tf.Variable(rng.normal(size=(f,)).astype(fx) * 0.5, name="alpha_w")

    def reference(batch):
        m0 = tf.nn.softplus(tf.linalg.matvec(batch["feat"], wm)) + 0.1
        a0 = tf.nn.softplus(tf.linalg.matvec(batch["feat"], wa)) + 0.1
        v = batch["scale"][:, None]
        mean = v * m0
        disp = a0 + (v - 1) / (v * m0)
        r = 1 / disp
        p = disp * mean / (1 + disp * mean)
        y = batch["y"]
        ll = tf.math.lgamma(y + r) - tf.math.lgamma(r) - tf.math.lgamma(y + 1) + r * tf.math.log(1 - p) + y * tf.math.log(p)
        return tf.reduce_sum(-ll * batch["obs"]) / tf.reduce_sum(batch["obs"])

    def candidate(batch):
        def distribution(mu, alpha, scale):
            mu = mu * scale
            alpha = alpha + (scale - 1.0) / mu
            return mu, alpha

        def log_prob(x, mu, alpha):
            alpha_inv = 1.0 / alpha
            alpha_times_mu = alpha * mu
            return (x * tf.math.log(alpha_times_mu / (1.0 + alpha_times_mu))
                    - alpha_inv * tf.math.log(1.0 + alpha_times_mu)
                    + tf.math.lgamma(x + alpha_inv) - tf.math.lgamma(x + 1.0) - tf.math.lgamma(alpha_inv))

        mu = 0.1 + tf.nn.softplus(tf.reduce_sum(batch["feat"] * wm, axis=-1))
        alpha = 0.1 + tf.nn.softplus(tf.reduce_sum(batch["feat"] * wa, axis=-1))
        mu, alpha = distribution(mu, alpha, batch["scale"][:, None])
        nll = -log_prob(batch["y"], mu, alpha)
        return tf.reduce_mean(tf.boolean_mask(nll, batch["obs"] > 0))

    obs = np.ones((n, t)); obs[0, 1] = 0; obs[2, 3] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, t, f)).astype(fx), "scale": rng.uniform(1.5, 4, n).astype(fx),
                      "y": rng.poisson(4, size=(n, t)).astype(fx), "obs": obs.astype(fx)},
            "variables": [wm, wa]}
