"""The Gaussian KL divergence of torch-distributions misses the division by two in one of its terms.
Source: https://github.com/google-deepmind/torch-distributions/pull/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl = log_det_p - log_det_q",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, d = 13, 5, 3
    wm = keras.Variable((0.4 * rng.standard_normal((feat, d))).astype(f), name="mean_w")
    lq = keras.Variable((0.4 * rng.standard_normal((d, d)) + np.eye(d)).astype(f), name="chol_q")
    a = rng.standard_normal((d, d))
    cov_p = (a @ a.T + d * np.eye(d)).astype(f)
    batch = {"x": rng.standard_normal((n, feat)).astype(f), "prior_mu": rng.standard_normal((n, d)).astype(f)}

    def cov_of_q():
        low = tf.linalg.band_part(tf.convert_to_tensor(lq), -1, 0)
        return low @ tf.transpose(low) + 0.5 * tf.eye(d, dtype=low.dtype)

    def reference(batch):
        sq = cov_of_q()
        prec = np.linalg.inv(cov_p.astype("float64")).astype(f)
        gap = batch["x"] @ wm - batch["prior_mu"]
        maha = tf.reduce_sum((gap @ prec) * gap, axis=1)
        const = np.linalg.slogdet(cov_p.astype("float64"))[1] - d
        return 0.5 * (tf.reduce_mean(maha) + tf.reduce_sum(prec * sq) - tf.linalg.logdet(sq) + const)

    def candidate(batch):
        def log_det(sigma):
            return 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(tf.linalg.cholesky(sigma))))

        def mvn_kl(q, p):
            chol_p = tf.linalg.cholesky(p["sigma"])
            log_det_p, log_det_q = log_det(p["sigma"]), log_det(q["sigma"])
            kl = log_det_p - log_det_q
            kl += 0.5 * (tf.linalg.trace(tf.linalg.cholesky_solve(chol_p, q["sigma"])) - q["sigma"].shape[0])
            diff = tf.transpose(q["mu"] - p["mu"])
            white = tf.linalg.triangular_solve(chol_p, diff)
            return kl + 0.5 * tf.reduce_sum(tf.square(white), axis=0)

        q = {"mu": tf.matmul(batch["x"], wm), "sigma": cov_of_q()}
        p = {"mu": batch["prior_mu"], "sigma": tf.constant(cov_p)}
        return tf.reduce_mean(mvn_kl(q, p))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wm, lq]}
