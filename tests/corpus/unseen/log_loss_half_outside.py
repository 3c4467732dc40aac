"""Gaussian log loss with 0.5 outside of the bracket as well as 2 in the denominator: the squared error gets half its weight.
Source: https://github.com/cornellius-gp/gpytorch/issues/2174"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return 0.5 * tf.reduce_mean(tf.math.log(2 * np.pi * f_var) + tf.square(test_y - f_mean) / (2 * f_var), axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, tasks, d = 18, 3, 5
    w_mean = tf.Variable(rng.normal(size=(d, tasks)) * 0.5, dtype=f, name="w_mean")
    w_std = tf.Variable(rng.normal(size=(d, tasks)) * 0.3, dtype=f, name="w_std")
    noise = tf.Variable(rng.normal(size=(tasks,)) * 0.2, dtype=f, name="raw_noise")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, tasks)).astype(f)}

    def reference(batch):
        loc = tf.matmul(batch["x"], w_mean)
        scale = tf.sqrt(tf.exp(tf.matmul(batch["x"], w_std)) + tf.nn.softplus(noise))
        z = (batch["y"] - loc) / scale
        logpdf = -0.5 * z ** 2 - tf.math.log(scale) - 0.5 * np.log(2 * np.pi)
        return -tf.reduce_sum(logpdf) / (n * tasks)

    def candidate(batch):
        class MultivariateNormal:
            def __init__(self, mean, variance):
                self.mean, self.variance = mean, variance

        def likelihood(latent):
            return MultivariateNormal(latent.mean, latent.variance + tf.math.log1p(tf.exp(noise))[:, None])

        def mean_standardized_log_loss(pred_dist, test_y):
            f_mean = pred_dist.mean
            f_var = pred_dist.variance
            return 0.5 * tf.reduce_mean(tf.math.log(2 * np.pi * f_var) + tf.square(test_y - f_mean) / (2 * f_var), axis=-1)

        x_t = tf.transpose(batch["x"])
        latent = MultivariateNormal(tf.matmul(w_mean, x_t, transpose_a=True),
                                    tf.exp(tf.matmul(w_std, x_t, transpose_a=True)))
        per_task = mean_standardized_log_loss(likelihood(latent), tf.transpose(batch["y"]))
        return tf.reduce_mean(per_task)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [w_mean, w_std, noise]}
