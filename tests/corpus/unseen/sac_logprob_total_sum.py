"""SAC: reduce_sum without an axis turns the log-probabilities of the whole batch into one number.

Source (real): https://github.com/PacktPublishing/Tensorflow-2-Reinforcement-Learning-Cookbook/pull/46 (TensorFlow 2; the fix adds axis=1).
Right answer: NOT equivalent. Broadcasting hides it: each sample carries the sum of all, so the entropy weighs n times as much as it should.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "log_prob = tf.reduce_sum(log_prob_u - tf.math.log(1.0 - tf.square(action) + eps))",
    "same_forward_value": False,
}

_ALPHA = 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 15, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wm = tf.Variable(0.5 * arr(d, acts), name="mean_w")
    ws = tf.Variable(0.4 * arr(d, acts), name="std_w")
    kq = [tf.constant(arr(d + acts)) for _ in range(2)]
    batch = {"state": arr(n, d), "noise": arr(n, acts)}

    def reference(b):
        mean, log_std = b["state"] @ wm, tf.clip_by_value(b["state"] @ ws, -4.0, 2.0)
        u = mean + tf.exp(log_std) * b["noise"]
        log_det = tf.math.log1p(1e-6 - tf.tanh(u) ** 2)
        normal = -0.5 * b["noise"] ** 2 - log_std - 0.5 * np.log(2 * np.pi)
        logp = tf.einsum("na->n", normal - log_det)
        sa = tf.concat([b["state"], tf.tanh(u)], axis=1)
        q = tf.reduce_min(tf.stack([tf.sin(tf.linalg.matvec(sa, k)) for k in kq]), axis=0)
        return tf.reduce_mean(_ALPHA * logp) - tf.reduce_mean(q)

    def candidate(b):
        class Actor(keras.layers.Layer):
            def call(self, state, noise, eps=1e-6):
                mu = state @ wm
                log_std = tf.clip_by_value(state @ ws, -4.0, 2.0)
                std = tf.exp(log_std)
                u = mu + std * noise
                action = tf.tanh(u)
                log_prob_u = -0.5 * tf.square((u - mu) / std) - log_std - 0.5 * np.log(2.0 * np.pi)
                log_prob = tf.reduce_sum(log_prob_u - tf.math.log(1.0 - tf.square(action) + eps))
                return action, log_prob

        def critic(k, state, action):
            return tf.sin(tf.linalg.matvec(tf.concat([state, action], axis=1), k))

        action, log_pi = Actor()(b["state"], b["noise"])
        q_min = tf.minimum(critic(kq[0], b["state"], action), critic(kq[1], b["state"], action))
        return tf.reduce_mean(_ALPHA * log_pi - q_min)

    return {"variables": [wm, ws], "batch": batch, "reference": reference, "candidate": candidate}
