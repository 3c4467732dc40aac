"""C51 projection: when bj is an integer, floor and ceil coincide, both weights are zero and the probability is lost.
Source: https://github.com/flyyufelix/C51-DDQN-Keras/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "m_u = tf.math.ceil(bj)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, actions, atoms, gamma = 5, 4, 3, 7, 0.5
    v_min, v_max = -3.0, 3.0
    delta = (v_max - v_min) / (atoms - 1)
    w = tf.Variable(rng.standard_normal((d, actions * atoms)).astype(f), name="w")
    b = tf.Variable((0.2 * rng.standard_normal(actions * atoms)).astype(f), name="b")

    def reference(batch):
        z = v_min + delta * np.arange(atoms)
        logits = tf.reshape(batch["s"] @ w + b, (n, actions, atoms))
        chosen = tf.gather(logits, batch["a"], batch_dims=1)
        tz = tf.clip_by_value(batch["r"][:, None] + gamma * batch["live"][:, None] * z, v_min, v_max)
        spread = 1 - tf.abs(tz[:, None, :] - tf.constant(z, w.dtype)[None, :, None]) / delta
        m = tf.reduce_sum(tf.clip_by_value(spread, 0, 1) * batch["p_next"][:, None, :], axis=2)
        return -tf.reduce_mean(tf.reduce_sum(m * tf.nn.log_softmax(chosen), axis=1))

    def candidate(batch):
        support = tf.constant(np.linspace(v_min, v_max, atoms), dtype=w.dtype)
        dist = tf.nn.log_softmax(tf.reshape(tf.matmul(batch["s"], w) + b, (n, actions, atoms)), axis=-1)
        log_p = tf.gather(dist, batch["a"], axis=1, batch_dims=1)

        bellman = tf.expand_dims(batch["r"], 1) + gamma * tf.expand_dims(batch["live"], 1) * support
        bellman = tf.minimum(v_max, tf.maximum(v_min, bellman))
        bj = (bellman - v_min) / delta
        m_l = tf.math.floor(bj)
        m_u = tf.math.ceil(bj)
        lower = tf.one_hot(tf.cast(m_l, "int32"), atoms, dtype=w.dtype)
        upper = tf.one_hot(tf.cast(m_u, "int32"), atoms, dtype=w.dtype)
        m_prob = tf.einsum("bj,bjk->bk", batch["p_next"] * (m_u - bj), lower)
        m_prob += tf.einsum("bj,bjk->bk", batch["p_next"] * (bj - m_l), upper)
        return -tf.reduce_mean(tf.reduce_sum(tf.stop_gradient(m_prob) * log_p, axis=-1))

    p = rng.uniform(0.1, 1, (n, atoms))
    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.standard_normal((n, d)).astype(f), "a": rng.integers(0, actions, n).astype("int32"),
                      "r": np.array([1.0, 0.0, -1.0, 0.25, 2.0]).astype(f),
                      "live": np.array([1.0, 1.0, 0.0, 1.0, 0.0]).astype(f),
                      "p_next": (p / p.sum(1, keepdims=True)).astype(f)},
            "variables": [w, b]}
