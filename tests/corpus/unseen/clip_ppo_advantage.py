"""Thread: ClipPPOLoss normalises the advantage after the unclipped gain was computed and before the clipped one, so the two sides of
the minimum use different advantages. Source: https://github.com/pytorch/rl/pull/1033"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "gain1 = tf.exp(log_weight) * advantage",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, na, eps, ent_coef = 8, 5, 4, 0.2, 0.01
    w = tf.Variable(rng.normal(size=(s, na)).astype(fx), name="actor_w")
    b = tf.Variable(rng.normal(size=na).astype(fx) * 0.3, name="actor_b")

    def reference(batch):
        adv = batch["adv"]
        adv = (adv - tf.reduce_mean(adv)) / tf.maximum(tf.math.reduce_std(adv), 1e-6)
        logp_all = tf.nn.log_softmax(batch["obs"] @ w + b)
        logp = tf.gather(logp_all, batch["act"], axis=1, batch_dims=1)
        ratio = tf.exp(logp - batch["old_logp"])
        clipped = tf.clip_by_value(ratio, 1 - eps, 1 + eps)
        surrogate = tf.minimum(ratio * adv, clipped * adv)
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, axis=1)
        return -tf.reduce_mean(surrogate) - ent_coef * tf.reduce_mean(entropy)

    def candidate(batch):
        advantage = batch["adv"]
        logits = tf.matmul(batch["obs"], w) + b
        log_probs = logits - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)
        one_hot = tf.one_hot(batch["act"], na, dtype=logits.dtype)
        log_weight = tf.reduce_sum(one_hot * log_probs, axis=-1) - batch["old_logp"]

        gain1 = tf.exp(log_weight) * advantage

        log_weight_clip = tf.clip_by_value(log_weight, np.log1p(-eps), np.log1p(eps))

        loc = tf.reduce_mean(advantage)
        scale = tf.maximum(tf.math.reduce_std(advantage), 1e-6)
        advantage = (advantage - loc) / scale

        gain2 = tf.exp(log_weight_clip) * advantage
        gain = tf.reduce_min(tf.stack([gain1, gain2], axis=-1), axis=-1)

        entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)
        return -tf.reduce_mean(gain + ent_coef * entropy)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "act": rng.integers(0, na, n),
                      "old_logp": np.log(rng.uniform(0.1, 0.6, n)).astype(fx),
                      "adv": (rng.normal(size=n) * 3 + 1).astype(fx)},
            "variables": [w, b]}
