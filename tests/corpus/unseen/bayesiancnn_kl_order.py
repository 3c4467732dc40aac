"""BBBlayers computes KL(p || q) of prior and posterior, the ELBO needs KL(q || p). Source: https://github.com/kumar-shridhar/PyTorch-BayesianCNN/issues/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'sign',
    "line_marker": 'kl = calculate_kl(prior_mu, prior_sigma, W_mu, sigma)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, k = 6, 4, 3
    W_mu = var("W_mu", d, k)
    W_rho = tf.Variable((-1.5 + 0.3 * rng.standard_normal((d, k))).astype(fx), name="W_rho")
    prior_mu, prior_sigma, beta = 0.0, 0.5, 0.1

    def reference(batch):
        s = tf.nn.softplus(W_rho)
        mean = batch["x"] @ W_mu
        std = tf.sqrt(1e-8 + (batch["x"] ** 2) @ (s ** 2))
        logits = mean + std * batch["eps"]
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        kl_q_p = (np.log(prior_sigma) - tf.math.log(s)
                  + (s ** 2 + (W_mu - prior_mu) ** 2) / (2.0 * prior_sigma ** 2) - 0.5)
        return tf.reduce_mean(nll) + beta * tf.reduce_sum(kl_q_p)

    def candidate(batch):
        def calculate_kl(mu_q, sig_q, mu_p, sig_p):
            return 0.5 * tf.reduce_sum(
                2.0 * tf.math.log(sig_p / sig_q) - 1.0 + tf.square(sig_q / sig_p) + tf.square((mu_p - mu_q) / sig_p))

        def bbb_linear(x, mu, sigma):
            act_mu = tf.matmul(x, mu)
            act_var = 1e-8 + tf.matmul(tf.square(x), tf.square(sigma))
            return act_mu + tf.sqrt(act_var) * batch["eps"]

        sigma = tf.math.log1p(tf.exp(W_rho))
        logits = bbb_linear(batch["x"], W_mu, sigma)
        kl = calculate_kl(prior_mu, prior_sigma, W_mu, sigma)
        logp = tf.nn.log_softmax(logits)
        nll = -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))
        return nll + beta * kl

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": rng.integers(0, k, n),
                      "eps": rng.standard_normal((n, k)).astype(fx)},
            "variables": [W_mu, W_rho]}
