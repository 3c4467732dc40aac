"""The forward recursion of an HMM computes alpha at t+1 with the emission of the
observation at t. Source: https://github.com/stephens999/fiveMinuteStats/issues/46"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": "alpha = m + emit(t)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, T, K, V = 3, 6, 3, 4
    init, trans, emis = var("init", K), var("trans", K, K), var("emis", K, V)

    def reference(batch):
        log_pi = tf.nn.log_softmax(init)
        log_a = tf.nn.log_softmax(trans, axis=1)
        log_b = tf.nn.log_softmax(emis, axis=1)
        nll = 0.0
        for i in range(n):
            obs = batch["obs"][i]
            f = log_pi + log_b[:, obs[0]]
            for t in range(1, T):
                f = tf.reduce_logsumexp(f[:, None] + log_a, axis=0) + log_b[:, obs[t]]
            nll -= tf.reduce_logsumexp(f)
        return nll / float(n)

    def candidate(batch):
        x = batch["obs"]
        log_p = tf.nn.log_softmax(trans, axis=-1)
        table = tf.transpose(tf.nn.log_softmax(emis, axis=-1))

        def emit(t):
            return tf.gather(table, x[:, t])

        alpha = tf.nn.log_softmax(init)[None, :] + emit(0)
        for t in range(T - 1):
            m = tf.reduce_logsumexp(alpha[:, :, None] + log_p[None], axis=1)
            alpha = m + emit(t)
        loglik = tf.reduce_logsumexp(alpha, axis=-1)
        return -tf.reduce_mean(loglik)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.integers(0, V, (n, T))},
            "variables": [init, trans, emis]}
