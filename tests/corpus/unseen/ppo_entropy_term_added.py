"""Gaussian PPO: the entropy term is added to the loss, so entropy is minimised.

Source (real): https://github.com/PKU-Alignment/omnisafe/pull/133
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'loss += ENTROPY_COEF * entropy',
    "same_forward_value": False,
}

CLIP, ENTROPY_COEF = 0.2, 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 15, 6, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "act": f(n, a), "adv": f(n)}
    net = tf.keras.Sequential([tf.keras.layers.Dense(10, activation="tanh"), tf.keras.layers.Dense(a)])
    net.build((None, d))
    net.set_weights([0.4 * rng.normal(size=w.shape) for w in net.get_weights()])
    log_std = tf.Variable(0.2 * f(a) - 0.2, name="log_std")

    def normal_logp(x, mean, ls):
        return -0.5 * tf.square((x - mean) / tf.exp(ls)) - ls - 0.5 * np.log(2 * np.pi)

    batch["logp"] = (tf.reduce_sum(normal_logp(batch["act"], net(batch["obs"]), log_std), -1).numpy()
                     + 0.15 * f(n)).astype("float32")

    def reference(b):
        logp = tf.reduce_sum(normal_logp(b["act"], net(b["obs"]), log_std), -1)
        ratio = tf.exp(logp - b["logp"])
        gain = tf.where(b["adv"] > 0, tf.minimum(ratio, 1 + CLIP), tf.maximum(ratio, 1 - CLIP)) * b["adv"]
        entropy = tf.reduce_mean(log_std + 0.5 * np.log(2 * np.pi * np.e))
        return -(tf.reduce_mean(gain) + ENTROPY_COEF * entropy)

    def candidate(b):
        mean = net(b["obs"])
        _logp = tf.reduce_sum(normal_logp(b["act"], mean, log_std), axis=-1)
        ratio = tf.exp(_logp - b["logp"])
        ratio_cliped = tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP)
        loss = -tf.reduce_mean(tf.minimum(ratio * b["adv"], ratio_cliped * b["adv"]))
        entropy = tf.reduce_mean(log_std + 0.5 + 0.5 * np.log(2 * np.pi))
        loss += ENTROPY_COEF * entropy
        return loss

    variables = [v.value for v in net.trainable_variables] + [log_std]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
