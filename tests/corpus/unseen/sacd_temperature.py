"""Suspected: the temperature loss of discrete SAC averages over samples. The log_pi given to it is already an expectation.
Source: https://github.com/p-christ/Deep-Reinforcement-Learning-Algorithms-with-PyTorch/issues/61"""
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
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, n_act = 6, 4, 3
    log_alpha = tf.Variable(np.asarray(-0.4, f), name="log_alpha")
    w = var("w", d, n_act)
    qk = tf.constant(arr(d, n_act))

    def reference(batch):
        loss_t, loss_pi = 0.0, 0.0
        for i in range(n):
            logp = tf.nn.log_softmax(tf.linalg.matvec(w, batch["obs"][i], transpose_a=True))
            q = tf.linalg.matvec(qk, batch["obs"][i], transpose_a=True)
            for a in range(n_act):
                p = tf.exp(logp[a])
                loss_t -= log_alpha * tf.stop_gradient(p * (logp[a] + batch["target_entropy"]))
                loss_pi += p * (tf.stop_gradient(tf.exp(log_alpha)) * logp[a] - q[a])
        return (loss_t + loss_pi) / n

    def candidate(batch):
        probs = tf.nn.softmax(tf.matmul(batch["obs"], w))
        log_probs = tf.math.log(probs)
        alpha = tf.stop_gradient(tf.exp(log_alpha))
        inside = alpha * log_probs - tf.matmul(batch["obs"], qk)
        policy_loss = tf.reduce_mean(tf.reduce_sum(probs * inside, axis=1))
        log_pi = tf.reduce_sum(log_probs * probs, axis=1)
        alpha_loss = -tf.reduce_mean(log_alpha * tf.stop_gradient(log_pi + batch["target_entropy"]))
        return policy_loss + alpha_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "target_entropy": np.asarray(0.98 * np.log(3.0), f)},
            "variables": [log_alpha, w]}
