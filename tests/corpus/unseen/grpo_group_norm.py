"""GRPO advantages were standardised over the whole batch of completions, not within the group of one prompt.
Source: https://github.com/XU-YIJIE/grpo-flat/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "centred, spread = standardise(rewards, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    n_prompts, group, length, vocab, d = 2, 4, 5, 7, 4
    n = n_prompts * group
    w1 = tf.Variable(rng.normal(size=(d, 6)), dtype=dt, name="w1")
    w2 = tf.Variable(rng.normal(size=(6, vocab)), dtype=dt, name="w2")
    clip, eps = 0.2, 1e-4

    def token_logp(hidden, ids):
        logp = tf.nn.log_softmax(tf.tanh(hidden @ w1) @ w2, axis=-1)
        return tf.gather(logp, ids, batch_dims=2, axis=2)

    def reference(batch):
        logp = token_logp(batch["hidden"], batch["ids"])
        total = 0.0
        for g in range(n_prompts):
            rows = slice(g * group, (g + 1) * group)
            r = batch["rewards"][rows]
            mu = tf.reduce_mean(r)
            sd = tf.sqrt(tf.reduce_mean((r - mu) ** 2))
            adv = (r - mu) / (sd + eps)
            for k in range(group):
                i = g * group + k
                ratio = tf.exp(logp[i] - batch["old_logp"][i])
                obj = tf.minimum(ratio * adv[k], tf.clip_by_value(ratio, 1 - clip, 1 + clip) * adv[k])
                total -= tf.reduce_sum(obj * batch["mask"][i]) / tf.reduce_sum(batch["mask"][i])
        return total / n

    def candidate(batch):
        def standardise(x, axis):
            mean = tf.reduce_mean(x, axis=axis, keepdims=True)
            return x - mean, tf.math.reduce_std(x, axis=axis, keepdims=True)

        rewards = tf.reshape(batch["rewards"], [n])
        centred, spread = standardise(rewards, axis=0)
        advantages = tf.reshape(centred / (spread + eps), [n, 1])
        ratio = tf.exp(token_logp(batch["hidden"], batch["ids"]) - batch["old_logp"])
        clipped = tf.clip_by_value(ratio, 1 - clip, 1 + clip)
        per_token = -tf.minimum(ratio * advantages, clipped * advantages)
        mask = batch["mask"]
        per_seq = tf.reduce_sum(per_token * mask, axis=1) / tf.reduce_sum(mask, axis=1)
        return tf.reduce_mean(per_seq)

    hidden = rng.normal(size=(n, length, d))
    ids = rng.integers(0, vocab, size=(n, length))
    logits = np.tanh(hidden @ w1.numpy()) @ w2.numpy()
    lp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    old = np.take_along_axis(lp, ids[..., None], 2)[..., 0] + 0.05 * rng.normal(size=(n, length))
    mask = (np.arange(length)[None] < rng.integers(2, length + 1, size=(n, 1)))
    rewards = rng.normal(size=n) + np.repeat([0.0, 3.0], group)
    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hidden.astype(dt), "ids": ids, "old_logp": old.astype(dt),
                      "mask": mask.astype(dt), "rewards": rewards.astype(dt)},
            "variables": [w1, w2]}
