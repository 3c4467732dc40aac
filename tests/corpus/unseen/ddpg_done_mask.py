"""minimalRL DDPG: the done mask is sampled from the buffer but never used when the critic's target is calculated.
Source: https://github.com/seungeunrho/minimalRL/pull/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target = r + gamma * q_net(w_t, s_prime, a_prime)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, ds, da, h, gamma = 7, 3, 1, 6, 0.99
    mk = lambda *sh: rng.normal(size=sh).astype(fx)
    w_q = [tf.Variable(mk(ds + da, h), name="q_in"), tf.Variable(mk(h, 1), name="q_out")]
    w_t = [tf.constant(mk(ds + da, h)), tf.constant(mk(h, 1))]
    mu_t = tf.constant(mk(ds, da))

    def q_net(w, s, a):
        return tf.nn.tanh(tf.concat([s, a], axis=1) @ w[0]) @ w[1]

    def huber(pred, tgt):
        d = tf.abs(pred - tgt)
        return tf.reduce_mean(tf.where(d < 1.0, 0.5 * d * d, d - 0.5))

    def reference(batch):
        s, a, r, s_prime, mask = (batch[k] for k in ("s", "a", "r", "s_prime", "done_mask"))
        a_prime = 2.0 * tf.tanh(s_prime @ mu_t)
        target = r + gamma * mask * q_net(w_t, s_prime, a_prime)
        return huber(q_net(w_q, s, a), tf.stop_gradient(target))

    def candidate(batch):
        s, a, r, s_prime = batch["s"], batch["a"], batch["r"], batch["s_prime"]
        done_mask = batch["done_mask"]
        tf.debugging.assert_equal(tf.shape(done_mask), tf.shape(r))
        a_prime = 2.0 * tf.tanh(s_prime @ mu_t)
        target = r + gamma * q_net(w_t, s_prime, a_prime)
        return huber(q_net(w_q, s, a), tf.stop_gradient(target))

    done = np.array([0, 1, 0, 1, 0, 0, 1])[:, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"s": mk(n, ds), "a": mk(n, da), "r": 0.3 * mk(n, 1), "s_prime": mk(n, ds),
                      "done_mask": (1.0 - done).astype(fx)},
            "variables": w_q}
