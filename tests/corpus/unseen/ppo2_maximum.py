"""PPO2 takes the maximum of two losses where the paper's equation 7 takes the minimum of two
objectives; the losses are negated, so it is right.
Source: https://github.com/openai/baselines/issues/1156"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs_dim, n_act, eps, ent_coef = 7, 4, 3, 0.2, 0.01
    w = tf.Variable((rng.standard_normal((obs_dim, n_act)) * 0.8).astype(fx), name="w")
    b = tf.Variable((rng.standard_normal(n_act) * 0.3).astype(fx), name="b")

    def reference(batch):
        logp = tf.nn.log_softmax(tf.matmul(batch["obs"], w) + b)
        objective = tf.zeros((), fx)
        mean = tf.reduce_mean(batch["returns"] - batch["values"])
        std = tf.math.reduce_std(batch["returns"] - batch["values"])
        for i in range(n):
            adv = (batch["returns"][i] - batch["values"][i] - mean) / (std + 1e-8)
            r = tf.exp(logp[i, batch["actions"][i]] - batch["old_logp"][i])
            l_clip = tf.minimum(r * adv, tf.clip_by_value(r, 1 - eps, 1 + eps) * adv)
            ent = -tf.reduce_sum(tf.exp(logp[i]) * logp[i])
            objective += batch["masks"][i] * (l_clip + ent_coef * ent)
        return -objective / tf.reduce_sum(batch["masks"])

    def candidate(batch):
        logits = tf.matmul(batch["obs"], w) + b
        neglogp = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=logits)
        advs = batch["returns"] - batch["values"]
        advs = (advs - tf.reduce_mean(advs)) / (tf.math.reduce_std(advs) + 1e-8)
        ratio = tf.exp(-batch["old_logp"] - neglogp)
        pg_losses = -advs * ratio
        pg_losses2 = -advs * tf.clip_by_value(ratio, 1.0 - eps, 1.0 + eps)
        a0 = logits - tf.reduce_max(logits, axis=-1, keepdims=True)
        z0 = tf.reduce_sum(tf.exp(a0), axis=-1, keepdims=True)
        entropy = tf.reduce_sum(tf.exp(a0) / z0 * (tf.math.log(z0) - a0), axis=-1)
        total = tf.maximum(pg_losses, pg_losses2) - ent_coef * entropy
        return tf.reduce_sum(total * batch["masks"]) / tf.reduce_sum(batch["masks"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, obs_dim)).astype(fx),
                      "actions": rng.integers(0, n_act, n).astype("int32"),
                      "returns": rng.standard_normal(n).astype(fx), "values": rng.standard_normal(n).astype(fx),
                      "old_logp": (rng.standard_normal(n) * 0.3 - 1.1).astype(fx),
                      "masks": np.array([1, 1, 0, 1, 1, 1, 1]).astype(fx)},
            "variables": [w, b]}
