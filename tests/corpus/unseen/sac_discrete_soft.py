"""Discrete SAC feeds the relaxed sample to the critics; the straight-through
one-hot with the relaxed gradient was meant. Source: https://github.com/kengz/SLM-Lab/pull/422"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": "act = relaxed",
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

    n, obs_dim, k = 6, 4, 3
    w_pi, b_pi = var("w_pi", obs_dim, k), var("b_pi", k)
    w_q1, w_q2 = var("w_q1", obs_dim + k, 8), var("w_q2", 8, 1)
    temp, alpha = 0.7, 0.2

    def reference(batch):
        logits = batch["obs"] @ w_pi + b_pi
        rout = tf.nn.softmax((logits + batch["gumbel"]) / temp, axis=-1)
        out = tf.one_hot(tf.argmax(rout, axis=-1), k, dtype=rout.dtype)
        action = rout + tf.stop_gradient(out - rout)
        q = tf.tanh(tf.concat([batch["obs"], action], axis=-1) @ w_q1) @ w_q2
        logp = tf.reduce_sum(action * tf.nn.log_softmax(logits), axis=-1)
        return tf.reduce_mean(alpha * logp - q[:, 0])

    def candidate(batch):
        def policy(x):
            return tf.matmul(x, w_pi) + b_pi

        def critic(x, a):
            hidden = tf.tanh(tf.matmul(tf.concat([x, a], axis=1), w_q1))
            return tf.squeeze(tf.matmul(hidden, w_q2), axis=1)

        obs = batch["obs"]
        scores = policy(obs)
        relaxed = tf.nn.softmax((scores + batch["gumbel"]) / temp)
        act = relaxed
        log_probs = tf.einsum("bk,bk->b", act, tf.nn.log_softmax(scores, axis=1))
        return tf.reduce_mean(alpha * log_probs - critic(obs, act))

    gumbel = rng.gumbel(size=(n, k)).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, obs_dim), "gumbel": gumbel},
            "variables": [w_pi, b_pi, w_q1, w_q2]}
