"""GRPO cheat sheet: the k3 estimator is written with log(pi/ref) where it needs log(ref/pi).
Source: https://github.com/walkinglabs/hands-on-modern-rl/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "log_ratio = seq_logp - batch[\"seq_ref\"]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, v = 4, 3, 5, 6
    clip_eps, kl_coeff = 0.2, 0.5
    head = keras.layers.Dense(v, name="head")
    head.build((None, None, d))

    def seq_logprob(batch):
        logp = tf.nn.log_softmax(head(batch["hidden"]))
        tok = tf.gather(logp, batch["tokens"], axis=2, batch_dims=2)
        return tf.reduce_sum(tok * batch["mask"], axis=1) / tf.reduce_sum(batch["mask"], axis=1)

    def reference(batch):
        lp = seq_logprob(batch)
        adv = (batch["rewards"] - tf.reduce_mean(batch["rewards"])) / (
            tf.math.reduce_std(batch["rewards"]) + 1e-6
        )
        r = tf.exp(lp - batch["seq_old"])
        surrogate = tf.minimum(r * adv, tf.clip_by_value(r, 1 - clip_eps, 1 + clip_eps) * adv)
        gap = batch["seq_ref"] - lp
        k3 = tf.exp(gap) - gap - 1.0
        return tf.reduce_mean(kl_coeff * k3 - surrogate)

    def candidate(batch):
        rewards = batch["rewards"]
        advantages = (rewards - tf.reduce_mean(rewards)) / (tf.math.reduce_std(rewards) + 1e-6)
        seq_logp = seq_logprob(batch)
        ratio = tf.exp(seq_logp - batch["seq_old"])
        surr1 = ratio * advantages
        surr2 = tf.clip_by_value(ratio, 1.0 - clip_eps, 1.0 + clip_eps) * advantages
        policy_loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
        log_ratio = seq_logp - batch["seq_ref"]
        kl = tf.reduce_mean(tf.exp(log_ratio) - 1.0 - log_ratio)
        return policy_loss + kl_coeff * kl

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "hidden": rng.normal(size=(n, t, d)).astype(fx),
            "tokens": rng.integers(0, v, size=(n, t)).astype("int32"),
            "mask": np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]]).astype(fx),
            "rewards": rng.normal(size=n).astype(fx),
            "seq_old": -rng.uniform(1.5, 2.5, size=n).astype(fx),
            "seq_ref": -rng.uniform(0.3, 1.2, size=n).astype(fx),
        },
        "variables": head.trainable_variables,
    }
