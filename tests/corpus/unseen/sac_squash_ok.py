"""haarnoja/sac: somebody thinks that the squashing correction must be added instead of subtracted; the
subtraction is right. Source: https://github.com/haarnoja/sac/issues/18"""
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
    B, S, A = 5, 4, 2
    Wm = tf.Variable(rng.normal(0, 0.4, (S, A)).astype(fx), name="Wm")
    Ws = tf.Variable(rng.normal(0, 0.2, (S, A)).astype(fx), name="Ws")
    Wq = tf.constant(rng.normal(0, 0.6, (S + A, 1)).astype(fx))

    def reference(batch):
        loss = 0.0
        for i in range(B):
            s = batch["obs"][i:i + 1]
            mu, log_std = tf.matmul(s, Wm)[0], tf.matmul(s, Ws)[0] - 0.5
            u = mu + tf.exp(log_std) * batch["noise"][i]
            a = tf.tanh(u)
            density = tf.exp(-0.5 * ((u - mu) / tf.exp(log_std)) ** 2) / (tf.exp(log_std) * np.sqrt(2 * np.pi))
            density = density / (1.0 - a * a)
            logp = tf.reduce_sum(tf.math.log(density))
            qv = tf.matmul(tf.concat([s, a[None]], 1), Wq)[0, 0]
            loss += batch["alpha"] * logp - qv
        return loss / B

    def candidate(batch):
        mu = tf.matmul(batch["obs"], Wm)
        log_std = tf.matmul(batch["obs"], Ws) - 0.5
        pre = mu + tf.exp(log_std) * batch["noise"]
        gauss = -0.5 * batch["noise"] ** 2 - log_std - 0.5 * np.log(2.0 * np.pi)
        squash = 2.0 * (np.log(2.0) - pre - tf.nn.softplus(-2.0 * pre))
        log_pi = tf.reduce_sum(gauss - squash, axis=1)
        q = tf.squeeze(tf.matmul(tf.concat([batch["obs"], tf.tanh(pre)], axis=1), Wq), axis=1)
        return tf.reduce_mean(batch["alpha"] * log_pi - q)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(B, S)).astype(fx), "noise": np.clip(rng.normal(size=(B, A)), -1.5, 1.5).astype(fx),
                      "alpha": np.asarray(0.3, fx)},
            "variables": [Wm, Ws]}
