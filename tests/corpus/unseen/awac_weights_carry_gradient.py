"""The exponentiated advantage weights of AWAC are not detached; the actor loss also moves the critic.

Source (real): https://github.com/ccmoony/UCB-CS285/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "weights = tf.exp(tf.minimum(adv, 3.0) / lam)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 16, 5, 4
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    actor = tf.Variable(f(0.5, d, k), name="actor")
    critic = tf.Variable(f(0.5, d, k), name="critic")
    tgt = f(0.5, d, k)
    batch = {"obs": f(1, n, d), "act": rng.integers(0, k, n).astype(np.int32), "rew": f(1, n), "obs2": f(1, n, d),
             "done": (rng.random(n) < 0.2).astype(np.float32)}
    lam = 0.8

    def critic_loss(b, qa):
        pi2 = tf.stop_gradient(tf.nn.softmax(tf.matmul(b["obs2"], actor)))
        nxt = tf.reduce_sum(pi2 * tf.matmul(b["obs2"], tgt), axis=1)
        return tf.reduce_mean(tf.square(qa - (b["rew"] + 0.99 * (1 - b["done"]) * nxt)))

    def reference(b):
        q_frozen = tf.matmul(b["obs"], tf.stop_gradient(critic))
        logp = tf.nn.log_softmax(tf.matmul(b["obs"], actor))
        v = tf.reduce_sum(tf.stop_gradient(tf.exp(logp)) * q_frozen, axis=1)
        adv = tf.gather(q_frozen, b["act"], batch_dims=1) - v
        w = tf.exp(tf.minimum(adv, 3.0) / lam)
        actor_loss = -tf.reduce_mean(w * tf.gather(logp, b["act"], batch_dims=1))
        return actor_loss + critic_loss(b, tf.gather(tf.matmul(b["obs"], critic), b["act"], batch_dims=1))

    def candidate(b):
        qs = tf.matmul(b["obs"], critic)
        qa = tf.gather(qs, b["act"], batch_dims=1)
        logp_all = tf.nn.log_softmax(tf.matmul(b["obs"], actor))
        vs = tf.reduce_sum(tf.stop_gradient(tf.exp(logp_all)) * qs, axis=1)
        adv = qa - vs
        weights = tf.exp(tf.minimum(adv, 3.0) / lam)
        logp = tf.gather(logp_all, b["act"], batch_dims=1)
        actor_loss = -tf.reduce_mean(logp * weights)
        return critic_loss(b, qa) + actor_loss

    return {"variables": [actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
