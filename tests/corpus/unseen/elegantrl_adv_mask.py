"""The raw advantage subtracts mask * value, so that the value baseline is dropped at terminal steps. Source: https://github.com/AI4Finance-Foundation/ElegantRL/issues/57"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'adv = r_sum - mask * value',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    N, D, A = 8, 4, 3
    w_actor = var("w_actor", D, A)
    w_critic = var("w_critic", D, 1, scale=1.0)

    def reference(batch):
        v = tf.tanh(tf.reshape(batch["state"] @ w_critic, [-1]))
        returns = []
        acc = tf.constant(0.0, dtype=v.dtype)
        for i in reversed(range(N)):
            acc = batch["reward"][i] + batch["mask"][i] * acc
            returns.append(acc)
        returns = tf.stack(returns[::-1])
        baseline_adv = tf.stop_gradient(returns - v)
        logp = tf.nn.log_softmax(batch["state"] @ w_actor)
        picked = tf.reduce_sum(logp * tf.one_hot(batch["action"], A, dtype=v.dtype), -1)
        actor = -tf.reduce_mean(picked * baseline_adv)
        critic = tf.reduce_mean(tf.square(v - returns))
        return actor + critic

    def candidate(batch):
        mask, reward = batch["mask"], batch["reward"]
        value = tf.tanh(tf.squeeze(batch["state"] @ w_critic, 1))
        r_sum = tf.scan(lambda acc, x: x[0] + x[1] * acc, (reward, mask),
                        initializer=tf.zeros([], reward.dtype), reverse=True)
        adv = r_sum - mask * value
        adv = tf.stop_gradient(adv)
        new_logprob = -tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["action"], logits=batch["state"] @ w_actor)
        obj_actor = -tf.reduce_mean(new_logprob * adv)
        obj_critic = tf.reduce_mean(tf.math.squared_difference(value, r_sum))
        return obj_actor + obj_critic

    mask = np.full(N, 0.97)
    mask[[2, 5, 7]] = 0.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.standard_normal((N, D)).astype(fx), "mask": mask.astype(fx),
                      "reward": rng.standard_normal(N).astype(fx), "action": rng.integers(0, A, N)},
            "variables": [w_actor, w_critic]}
