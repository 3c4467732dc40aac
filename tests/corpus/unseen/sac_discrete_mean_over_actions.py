"""Discrete SAC target: probability-weighted values are averaged over the actions instead of summed.

Source (real): https://github.com/p-christ/Deep-Reinforcement-Learning-Algorithms-with-PyTorch/issues/54
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'min_qf_next_target = tf.reduce_mean(min_qf_next_target, axis=1)',
    "same_forward_value": False,
}

ALPHA, GAMMA = 0.2, 0.99


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 12, 4, 4
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "state": f(n, d), "next_state": f(n, d), "reward": f(n),
        "action": rng.integers(0, k, n).astype("int32"),
        "mask": (rng.uniform(size=n) < 0.85).astype("float32"),
    }
    c1 = tf.Variable(0.8 * f(d, k), name="critic1")
    c2 = tf.Variable(0.8 * f(d, k), name="critic2")
    actor = tf.Variable(0.5 * f(d, k), name="actor")
    t1, t2 = tf.constant(c1.numpy() + 0.2 * f(d, k)), tf.constant(c2.numpy() + 0.2 * f(d, k))
    offset = np.float32(3.0)

    def q(x, w):
        return tf.matmul(x, w) + offset

    def actor_loss(b):
        logp = tf.nn.log_softmax(tf.matmul(b["state"], actor))
        q_min = tf.stop_gradient(tf.minimum(q(b["state"], c1), q(b["state"], c2)))
        return tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * (ALPHA * logp - q_min), axis=1))

    def critic_loss(b, next_v):
        y = tf.stop_gradient(b["reward"] + b["mask"] * GAMMA * next_v)
        err = [tf.gather(q(b["state"], c), b["action"], batch_dims=1) - y for c in (c1, c2)]
        return sum(tf.reduce_mean(tf.square(e)) for e in err)

    def reference(b):
        logp = tf.nn.log_softmax(tf.matmul(b["next_state"], actor))
        v = 0.0
        for j in range(k):
            qj = tf.minimum(q(b["next_state"], t1)[:, j], q(b["next_state"], t2)[:, j])
            v += tf.exp(logp[:, j]) * (qj - ALPHA * logp[:, j])
        return critic_loss(b, v) + actor_loss(b)

    def candidate(b):
        log_p = tf.nn.log_softmax(tf.matmul(b["next_state"], actor))
        q_next = tf.minimum(q(b["next_state"], t1), q(b["next_state"], t2))
        min_qf_next_target = tf.exp(log_p) * (q_next - ALPHA * log_p)
        min_qf_next_target = tf.reduce_mean(min_qf_next_target, axis=1)
        return critic_loss(b, min_qf_next_target) + actor_loss(b)

    return {"variables": [c1, c2, actor], "batch": batch, "reference": reference, "candidate": candidate}
