"""Baby steps of RL, A2C: the gradient of the policy loss runs through the estimated values inside the advantage;
fixed by cutting them.
Source: https://github.com/icoxfog417/baby-steps-of-rl-ja/pull/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "advantages = returns - estimated",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    t, m, d, k, acts = 4, 3, 5, 6, 4
    shared = var("shared", d, k)
    actor, critic = var("actor", k, acts), var("critic", k, 1)
    gamma, value_w, ent_w = 0.9, 0.5, 0.1

    def reference(batch):
        acc = batch["last"]
        ret = [None] * t
        for s in reversed(range(t)):
            acc = batch["reward"][s] + gamma * (1.0 - batch["done"][s]) * acc
            ret[s] = acc
        total = 0.0
        for s in range(t):
            h = tf.tanh(batch["obs"][s] @ shared)
            v = (h @ critic)[:, 0]
            lp = tf.nn.log_softmax(h @ actor)
            nll = -tf.gather(lp, batch["action"][s], batch_dims=1)
            total += tf.reduce_sum(nll * tf.stop_gradient(ret[s] - v)) + value_w * tf.reduce_sum((v - ret[s]) ** 2)
            total += ent_w * tf.reduce_sum(tf.exp(lp) * lp)
        return total / (t * m)

    def candidate(batch):
        def discounted(rewards, dones, last_value):
            future, out = last_value, []
            for r, done in zip(tf.unstack(rewards)[::-1], tf.unstack(dones)[::-1]):
                future = r + gamma * future * (1.0 - done)
                out.append(future)
            return tf.reshape(tf.stack(out[::-1]), [-1])

        returns = discounted(batch["reward"], batch["done"], batch["last"])
        feature = tf.tanh(tf.matmul(tf.reshape(batch["obs"], (-1, d)), shared))
        action_evals = tf.matmul(feature, actor)
        estimated = tf.reshape(tf.matmul(feature, critic), [-1])
        neg_logs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(batch["action"], [-1]), logits=action_evals)
        advantages = returns - estimated
        policy_loss = tf.reduce_mean(neg_logs * advantages)
        value_loss = tf.reduce_mean(tf.math.squared_difference(returns, estimated))
        log_p = tf.nn.log_softmax(action_evals, axis=-1)
        action_entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(log_p) * log_p, axis=-1))
        return policy_loss + value_w * value_loss - ent_w * action_entropy

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(t, m, d)).astype(fx), "action": rng.integers(0, acts, (t, m)).astype("int32"),
                      "reward": rng.normal(size=(t, m)).astype(fx), "done": (rng.uniform(size=(t, m)) < 0.2).astype(fx), "last": rng.normal(size=m).astype(fx)},
            "variables": [shared, actor, critic]}
