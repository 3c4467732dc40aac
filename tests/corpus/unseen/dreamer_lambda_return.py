"""The imagined lambda-return counts the last value twice: it is passed whole and as bootstrap as well.
Source: https://github.com/yusukeurakami/dreamer-pytorch/pull/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'returns = lambda_return(reward, value, value[-1])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    H, n, d, m = 5, 4, 4, 2
    w_act = var("w_act", d, m)
    w_s, w_a = var("w_s", d, d, scale=0.4), var("w_a", m, d)
    w_r, w_v = var("w_r", d, 1), var("w_v", d, 1)

    def imagine(start):
        s, states = start, []
        for _ in range(H):
            s = tf.tanh(s @ w_s + tf.tanh(s @ w_act) @ w_a)
            states.append(s)
        feats = tf.stack(states)
        return tf.squeeze(feats @ w_r, -1), tf.squeeze(feats @ w_v, -1)

    def reference(batch):
        g, lam = batch["gamma"], batch["lam"]
        rew, val = imagine(batch["start"])
        last, total = val[H - 1], 0.0
        for t in reversed(range(H - 1)):
            last = rew[t] + g * ((1.0 - lam) * val[t + 1] + lam * last)
            total += tf.reduce_mean(last)
        return -total / (H - 1)

    def candidate(batch):
        gamma, lam = batch["gamma"], batch["lam"]

        def lambda_return(rewards, values, bootstrap):
            next_values = tf.concat([values[1:], bootstrap[None]], axis=0)
            inputs = rewards + gamma * (1.0 - lam) * next_values
            acc, outs = bootstrap, []
            for t in range(rewards.shape[0] - 1, -1, -1):
                acc = inputs[t] + gamma * lam * acc
                outs.append(acc)
            return tf.stack(outs[::-1], axis=0)

        reward, value = imagine(batch["start"])
        returns = lambda_return(reward, value, value[-1])
        return -tf.reduce_mean(returns)

    return {"reference": reference, "candidate": candidate,
            "batch": {"start": arr(n, d), "gamma": np.asarray(0.95, f), "lam": np.asarray(0.9, f)},
            "variables": [w_act]}
