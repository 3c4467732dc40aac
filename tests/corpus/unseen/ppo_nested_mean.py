"""PPO-PyTorch adds the already averaged MSE of the critic to per-sample terms before the mean; suspected to scale the critic gradient down, but it is the same. Source: https://github.com/nikhilbarhate99/PPO-PyTorch/issues/72"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, a = 7, 4, 3
    actor = var("actor", d, a)
    critic = var("critic", d, 1)

    def reference(batch):
        logp = tf.nn.log_softmax(batch["state"] @ actor)
        v = (batch["state"] @ critic)[:, 0]
        total = 0.0
        for i in range(n):
            r = tf.exp(logp[i, batch["action"][i]] - batch["old_logp"][i])
            adv = batch["reward"][i] - batch["old_value"][i]
            surr = tf.minimum(r * adv, tf.clip_by_value(r, 0.8, 1.2) * adv)
            ent = -tf.reduce_sum(tf.exp(logp[i]) * logp[i])
            total += -surr + 0.5 * (v[i] - batch["reward"][i]) ** 2 - 0.01 * ent
        return total / n

    def candidate(batch):
        log_probs = tf.nn.log_softmax(tf.matmul(batch["state"], actor))
        logprobs = tf.gather(log_probs, batch["action"], batch_dims=1)
        dist_entropy = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)
        state_values = tf.squeeze(tf.matmul(batch["state"], critic), axis=-1)
        ratios = tf.exp(logprobs - batch["old_logp"])
        advantages = batch["reward"] - batch["old_value"]
        surr1 = ratios * advantages
        surr2 = tf.clip_by_value(ratios, 1 - 0.2, 1 + 0.2) * advantages
        mse = tf.reduce_mean(tf.square(state_values - batch["reward"]))
        loss = -tf.minimum(surr1, surr2) + 0.5 * mse - 0.01 * dist_entropy
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.standard_normal((n, d)).astype(fx), "action": rng.integers(0, a, n),
                      "old_logp": (-1.1 + 0.05 * rng.standard_normal(n)).astype(fx),
                      "reward": rng.standard_normal(n).astype(fx), "old_value": rng.standard_normal(n).astype(fx)},
            "variables": [actor, critic]}
