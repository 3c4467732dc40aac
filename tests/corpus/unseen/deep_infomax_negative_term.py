"""Deep InfoMax: the Jensen-Shannon estimate has a minus too many in Em, the expectation over the shuffled pairs.
Source: https://github.com/11-626/Deep-INFOMAX/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "em = -tf.reduce_mean(tf.math.softplus(critic(y, m_prime)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d, loc, k = 5, 4, 3, 6
    enc = var("enc", d, k)
    glob = var("glob", loc * k, k)
    w1, w2 = var("w1", 2 * k, 7), var("w2", 7, 1, s=1.0)
    prior = var("prior", k, 1)
    beta, gamma = 1.0, 0.2

    def reference(batch):
        m = tf.tanh(batch["x"] @ enc)
        y = tf.tanh(tf.reshape(m, (n, -1)) @ glob)
        pos, neg = 0.0, 0.0
        for i in range(n):
            for q in range(loc):
                for other, is_pos in ((i, True), ((i + 1) % n, False)):
                    z = tf.concat([m[other, q], y[i]], 0)[None]
                    s = (tf.nn.relu(z @ w1) @ w2)[0, 0]
                    if is_pos:
                        pos += tf.nn.softplus(-s)
                    else:
                        neg += tf.nn.softplus(s)
        adv = tf.reduce_mean(tf.nn.softplus(-(batch["u"] @ prior)) + tf.nn.softplus(y @ prior))
        return beta * (pos + neg) / (n * loc) + gamma * adv

    def candidate(batch):
        def critic(y_vec, m_map):
            y_exp = tf.repeat(y_vec[:, None, :], loc, axis=1)
            h = tf.nn.relu(tf.tensordot(tf.concat([m_map, y_exp], axis=-1), w1, 1))
            return tf.tensordot(h, w2, 1)

        m = tf.tanh(tf.tensordot(batch["x"], enc, 1))
        y = tf.tanh(tf.matmul(tf.reshape(m, (n, loc * k)), glob))
        m_prime = tf.concat([m[1:], m[:1]], axis=0)
        ej = -tf.reduce_mean(tf.math.softplus(-critic(y, m)))
        em = -tf.reduce_mean(tf.math.softplus(critic(y, m_prime)))
        local = (em - ej) * beta
        term_a = tf.reduce_mean(tf.math.log_sigmoid(tf.matmul(batch["u"], prior)))
        term_b = tf.reduce_mean(tf.math.log_sigmoid(-tf.matmul(y, prior)))
        return local - (term_a + term_b) * gamma

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, loc, d)).astype(fx), "u": rng.uniform(size=(n, k)).astype(fx)},
            "variables": [enc, glob, w1, w2, prior]}
