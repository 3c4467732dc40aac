"""NFW lens fit: acosh/acos are evaluated on all radii and chosen by where, so the branch not taken sends NaN into the gradient.

Source (real): https://github.com/Ciela-Institute/caustics/pull/83
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "inside = tf.acosh(1.0 / x) / tf.sqrt(1.0 - x ** 2)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n = 14
    centre = tf.Variable(rng.normal(0, 0.1, (2,)), name="centre", dtype=tf.float32)
    log_rs = tf.Variable(0.1 * rng.normal(), name="log_rs", dtype=tf.float32)
    log_mass = tf.Variable(0.1 * rng.normal(), name="log_mass", dtype=tf.float32)
    r = np.concatenate([rng.uniform(0.3, 0.7, n // 2), rng.uniform(1.6, 2.5, n - n // 2)])
    phi = rng.uniform(0, 2 * np.pi, n)
    batch = {
        "theta": np.stack([r * np.cos(phi), r * np.sin(phi)], 1).astype(np.float32),
        "shift": rng.normal(0, 0.5, (n, 2)).astype(np.float32),
        "noise": rng.uniform(0.5, 1.5, n).astype(np.float32),
    }

    def chi2(profile, b):
        rel = b["theta"] - centre
        radius = tf.norm(rel, axis=1)
        x = radius / tf.exp(log_rs)
        amp = 4.0 * tf.exp(log_mass) * (tf.math.log(x / 2.0) + profile(x)) / x
        alpha = amp[:, None] * rel / radius[:, None]
        res = tf.reduce_sum(tf.square(alpha - b["shift"]), axis=1) / b["noise"] ** 2
        prior = 0.5 * (log_rs ** 2 + log_mass ** 2)
        return tf.reduce_mean(res) + prior

    def profile_masked(x):
        low = tf.where(x < 1.0, x, 0.5)
        high = tf.where(x > 1.0, x, 2.0)
        f_low = tf.acosh(1.0 / low) / tf.sqrt(1.0 - low ** 2)
        f_high = tf.acos(1.0 / high) / tf.sqrt(high ** 2 - 1.0)
        return tf.where(x < 1.0, f_low, f_high)

    def reference(b):
        return chi2(profile_masked, b)

    def profile(x):
        inside = tf.acosh(1.0 / x) / tf.sqrt(1.0 - x ** 2)
        outside = tf.acos(1.0 / x) / tf.sqrt(x ** 2 - 1.0)
        return tf.where(x < 1.0, inside, outside)

    def candidate(b):
        return chi2(profile, b)

    return {"variables": [centre, log_rs, log_mass], "batch": batch, "reference": reference, "candidate": candidate}
