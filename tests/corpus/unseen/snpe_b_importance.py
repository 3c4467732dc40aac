"""SNPE-B adds the log importance weights to the log posterior; they should multiply it as plain weights.
Source: https://github.com/sbi-dev/sbi/issues/71"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_prob_posterior + log_prob_prior - log_prob_proposal",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, ctx, p = 6, 3, 2
    context = rng.normal(size=(n, ctx)).astype(fx)
    theta = rng.normal(size=(n, p)).astype(fx)
    prop_mu = (0.4 * rng.normal(size=(n, p))).astype(fx)
    kernel_w = rng.uniform(0.3, 1.0, size=(n,)).astype(fx)
    net = keras.Sequential([keras.layers.Input((ctx,)), keras.layers.Dense(6, "tanh", name="hidden"),
                            keras.layers.Dense(2 * p, name="params")])

    def normal_log_prob(x, mu, log_sd):
        return tf.reduce_sum(-0.5 * tf.square((x - mu) * tf.exp(-log_sd)) - log_sd - 0.5 * np.log(2 * np.pi), axis=-1)

    def reference(batch):
        out = net(batch["context"])
        lp = normal_log_prob(batch["theta"], out[:, :p], 0.3 * out[:, p:])
        log_w = (normal_log_prob(batch["theta"], 0.0, tf.fill((n, p), tf.constant(0.5, dtype=fx)))
                 - normal_log_prob(batch["theta"], batch["prop_mu"], tf.fill((n, p), tf.constant(-0.1, dtype=fx))))
        return -tf.reduce_mean(batch["kernel_w"] * tf.exp(log_w) * lp)

    def candidate(batch):
        def log_prob_proposal_posterior(theta, context):
            mu, raw = tf.split(net(context), 2, axis=1)
            log_prob_posterior = normal_log_prob(theta, mu, 0.3 * raw)
            prior_scale = tf.ones_like(theta) * 0.5
            proposal_scale = tf.ones_like(theta) * -0.1
            log_prob_prior = normal_log_prob(theta, tf.zeros_like(theta), prior_scale)
            log_prob_proposal = normal_log_prob(theta, batch["prop_mu"], proposal_scale)

            log_prob = batch["kernel_w"] * (
                log_prob_posterior + log_prob_prior - log_prob_proposal
            )
            return log_prob

        return -tf.reduce_mean(log_prob_proposal_posterior(batch["theta"], batch["context"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"context": context, "theta": theta, "prop_mu": prop_mu, "kernel_w": kernel_w},
            "variables": net.trainable_variables}
