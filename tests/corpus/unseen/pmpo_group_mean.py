"""PMPO policy loss: positive and negative groups are summed and divided by the total N, where the paper's eq. 11 takes
the mean of each group. Source: https://github.com/lucidrains/dreamer4/pull/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "scale = 1.0 / tf.cast(tf.size(adv), adv.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, n_act = 4, 3, 5, 4
    alpha, beta = 0.6, 0.1
    policy = keras.layers.Dense(n_act, name="policy")
    policy.build((None, None, d))

    def reference(batch):
        logp = tf.nn.log_softmax(policy(batch["latent"]))
        taken = tf.gather(logp, batch["action"], axis=2, batch_dims=2)
        good = batch["advantage"] >= 0
        pos = tf.reduce_mean(tf.boolean_mask(taken, good))
        neg = tf.reduce_mean(tf.boolean_mask(taken, tf.logical_not(good)))
        prior = tf.nn.log_softmax(batch["prior_logits"])
        kl = tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * (logp - prior), axis=-1))
        return -(alpha * pos - (1 - alpha) * neg) + beta * kl

    def candidate(batch):
        adv = batch["advantage"]
        logp = tf.nn.log_softmax(policy(batch["latent"]))
        taken = tf.reduce_sum(logp * tf.one_hot(batch["action"], n_act, dtype=logp.dtype), axis=-1)
        pos_mask = tf.cast(adv >= 0, adv.dtype)
        neg_mask = 1.0 - pos_mask
        scale = 1.0 / tf.cast(tf.size(adv), adv.dtype)
        pos = tf.reduce_sum(taken * pos_mask) * scale
        neg = -tf.reduce_sum(taken * neg_mask) * scale
        policy_loss = -(alpha * pos + (1 - alpha) * neg)
        log_prior = tf.nn.log_softmax(batch["prior_logits"])
        kl = tf.reduce_sum(tf.nn.softmax(policy(batch["latent"])) * (logp - log_prior), axis=-1)
        return policy_loss + beta * tf.reduce_mean(kl)

    adv = rng.normal(size=(n, t))
    adv[0] = [1.0, -0.5, 0.2]
    adv[1] = [0.4, 0.9, 0.3]
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "latent": rng.normal(size=(n, t, d)).astype(fx),
            "action": rng.integers(0, n_act, size=(n, t)).astype("int32"),
            "advantage": adv.astype(fx),
            "prior_logits": rng.normal(size=(n, t, n_act)).astype(fx),
        },
        "variables": policy.trainable_variables,
    }
