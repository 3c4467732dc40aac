"""Dreamer: rewards and values are shifted against each other once too often, so every reward bootstraps from the value two imagined steps ahead.

Source (real): https://github.com/epignatelli/navix/pull/152
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'returns = lambda_return(rews[:-1], vals[1:])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, H, gamma, lam = 10, 5, 2, 7, 0.9, 0.8
    pol = tf.Variable(rng.normal(0, 0.6, (ds, da)), name="actor", dtype=tf.float32)
    val = tf.Variable(rng.normal(0, 0.6, (ds, 1)), name="critic", dtype=tf.float32)
    A = tf.constant(rng.normal(0, 0.5, (ds, ds)), tf.float32)
    B = tf.constant(rng.normal(0, 0.7, (da, ds)), tf.float32)
    rvec = tf.constant(rng.normal(0, 0.8, (ds, 1)), tf.float32)
    batch = {"start": rng.normal(size=(n, ds)).astype(np.float32)}

    def imagine(s):
        seq = [s]
        for _ in range(H):
            a = tf.tanh(seq[-1] @ pol)
            seq.append(tf.tanh(seq[-1] @ A + a @ B))
        return seq

    def value(s):
        return tf.squeeze(s @ val, -1)

    def lambda_return(rewards, next_values):
        out, last = [], next_values[-1]
        for r, v in zip(reversed(rewards), reversed(next_values)):
            last = r + gamma * ((1.0 - lam) * v + lam * last)
            out.append(last)
        return out[::-1]

    def losses(states, returns):
        ret = tf.stack(returns)
        base = tf.stack([value(tf.stop_gradient(s)) for s in states[:len(returns)]])
        critic_loss = 0.5 * tf.reduce_mean((base - tf.stop_gradient(ret)) ** 2)
        return critic_loss - tf.reduce_mean(ret)

    def frozen_value(s):
        return tf.squeeze(s @ tf.stop_gradient(val), -1)

    def reference(b):
        states = imagine(b["start"])
        r = [tf.squeeze(s @ rvec, -1) for s in states[1:]]
        v = [frozen_value(s) for s in states[1:]]
        return losses(states, lambda_return(r, v))

    def candidate(b):
        states = imagine(b["start"])
        arrived = states[1:]
        rews = [tf.squeeze(s @ rvec, -1) for s in arrived]
        vals = [frozen_value(s) for s in arrived]
        returns = lambda_return(rews[:-1], vals[1:])
        return losses(states, returns)

    return {"variables": [pol, val], "batch": batch, "reference": reference, "candidate": candidate}
