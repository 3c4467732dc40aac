"""C51: floor and ceil of an integer bj coincide, so the atom's probability mass is dropped from the projection.
Source: https://github.com/flyyufelix/C51-DDQN-Keras/pull/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'm_u = tf.math.ceil(bj)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, A, N = 5, 4, 2, 7
    v_min, v_max, gamma = -3.0, 3.0, 0.9
    dz = (v_max - v_min) / (N - 1)
    z = np.linspace(v_min, v_max, N).astype(floatx)
    w = tf.Variable(normal(k, A * N), name="w")
    reward = np.array([-1.0, 0.37, 2.0, 5.0, -0.6], floatx)
    done = np.array([1.0, 0.0, 1.0, 0.0, 0.0], floatx)
    next_p = rng.dirichlet(np.ones(N), n).astype(floatx)

    def reference(batch):
        logits = tf.gather(tf.reshape(batch["s"] @ w, (n, A, N)), batch["a"], batch_dims=1)
        tz = batch["r"][:, None] + gamma * (1.0 - batch["d"][:, None]) * z
        tz = tf.clip_by_value(tz, v_min, v_max)
        tri = tf.maximum(1.0 - tf.abs(tz[:, None, :] - z[None, :, None]) / dz, 0.0)
        m = tf.reduce_sum(tri * batch["p"][:, None, :], axis=-1)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=m, logits=logits))

    def candidate(batch):
        probs = tf.nn.softmax(tf.reshape(batch["s"] @ w, (n, A, N)))
        chosen = tf.gather(probs, batch["a"], axis=1, batch_dims=1)
        m_prob = tf.zeros((n, N), w.dtype)
        for j in range(N):
            Tz = batch["r"] + (1.0 - batch["d"]) * gamma * z[j]
            Tz = tf.minimum(v_max, tf.maximum(v_min, Tz))
            bj = (Tz - v_min) / dz
            m_l = tf.math.floor(bj)
            m_u = tf.math.ceil(bj)
            lower = tf.one_hot(tf.cast(m_l, tf.int32), N, dtype=bj.dtype)
            upper = tf.one_hot(tf.cast(m_u, tf.int32), N, dtype=bj.dtype)
            mass = batch["p"][:, j]
            m_prob += (mass * (m_u - bj))[:, None] * lower
            m_prob += (mass * (bj - m_l))[:, None] * upper
        return -tf.reduce_mean(tf.reduce_sum(m_prob * tf.math.log(chosen), axis=-1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": normal(n, k), "a": rng.integers(0, A, n), "r": reward, "d": done, "p": next_p},
            "variables": [w]}
