"""SAC actor objective subtracts log_prob without the temperature alpha. Source:
https://github.com/sweetice/Deep-reinforcement-learning-with-pytorch/issues/36"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pi_loss = tf.reduce_mean(log_prob - new_q)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, a = 6, 4, 2
    net = keras.layers.Dense(2 * a, name="policy")
    net.build((None, d))
    wq1, wq2 = (rng.standard_normal((d + a, 1)).astype(fx) for _ in range(2))
    log2pi = float(np.log(2 * np.pi))

    def reference(batch):
        mean, log_std = tf.split(net(batch["obs"]), 2, -1)
        log_std = tf.clip_by_value(log_std, -5.0, 2.0)
        pre = mean + tf.exp(log_std) * batch["noise"]
        act = tf.tanh(pre)
        lp = -0.5 * tf.square(batch["noise"]) - log_std - 0.5 * log2pi
        lp = tf.reduce_sum(lp - tf.math.log(1.0 - tf.square(act) + 1e-6), axis=1)
        sa = tf.concat([batch["obs"], act], 1)
        q = tf.minimum(sa @ wq1, sa @ wq2)[:, 0]
        return tf.reduce_mean(tf.exp(batch["log_alpha"]) * lp - q)

    def candidate(batch):
        out = net(batch["obs"])
        mu, log_sigma = out[:, :a], tf.clip_by_value(out[:, a:], -5.0, 2.0)
        z = mu + tf.exp(log_sigma) * batch["noise"]
        action = tf.tanh(z)
        normal = -0.5 * ((z - mu) / tf.exp(log_sigma)) ** 2 - log_sigma - 0.5 * log2pi
        log_prob = tf.reduce_sum(normal, axis=-1, keepdims=True)
        log_prob -= tf.reduce_sum(tf.math.log(1.0 - action ** 2 + 1e-6), axis=-1, keepdims=True)
        inp = tf.concat([batch["obs"], action], axis=-1)
        new_q = tf.minimum(tf.matmul(inp, wq1), tf.matmul(inp, wq2))
        pi_loss = tf.reduce_mean(log_prob - new_q)
        return pi_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, d)).astype(fx), "noise": rng.standard_normal((n, a)).astype(fx),
                      "log_alpha": np.asarray(np.log(0.2), fx)},
            "variables": net.trainable_variables}
