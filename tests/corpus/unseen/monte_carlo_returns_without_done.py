"""Policy gradient tutorial: the returns are computed without looking at 'done'; as every rollout is exactly one episode
the accumulator starts at zero anyway, and the code is right.
Source: https://github.com/bentrevett/pytorch-rl/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, obs, acts, gamma = 22, 4, 3, 0.97
    w1, w2 = var("w1", obs, 6), var("w2", 6, acts)
    done = np.zeros(n)
    done[-1] = 1.0
    batch = {
        "obs": rng.standard_normal((n, obs)).astype(f),
        "action": rng.integers(0, acts, n),
        "reward": rng.standard_normal(n).astype(f),
        "done": done.astype(f),
    }

    def reference(batch):
        weights = np.array([[gamma ** (j - i) if j >= i else 0.0 for j in range(n)] for i in range(n)])
        for i in range(n):
            for j in range(i + 1, n):
                weights[i, j] *= float(np.prod(1.0 - done[i:j]))
        ret = tf.linalg.matvec(tf.constant(weights, dtype=f), batch["reward"])
        ret = (ret - tf.reduce_mean(ret)) / tf.math.reduce_std(ret)
        probs = tf.nn.softmax(tf.nn.relu(batch["obs"] @ w1) @ w2)
        taken = tf.reduce_sum(probs * tf.one_hot(batch["action"], acts, dtype=f), -1)
        return -tf.reduce_sum(ret * tf.math.log(taken))

    def candidate(batch):
        def calculate_returns(rewards, discount_factor, normalize=True):
            returns, R = [], 0
            for r in reversed(tf.unstack(rewards)):
                R = r + R * discount_factor
                returns.insert(0, R)
            returns = tf.stack(returns)
            if normalize:
                centred = returns - tf.reduce_mean(returns)
                returns = centred / tf.sqrt(tf.reduce_mean(tf.square(centred)))
            return returns

        returns = calculate_returns(batch["reward"], gamma)
        action_pred = tf.matmul(tf.nn.relu(tf.matmul(batch["obs"], w1)), w2)
        neg_log_prob = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["action"], logits=action_pred)
        return tf.reduce_sum(tf.stop_gradient(returns) * neg_log_prob)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
