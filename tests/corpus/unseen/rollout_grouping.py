"""Prompts are repeated as [p1, p2, p1, p2] while the group advantages assume [p1, p1, p2, p2].
Source: https://github.com/PrimeIntellect-ai/prime-rl/pull/600"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "problem = tf.range(n) // rollouts",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n_problems, rollouts, length, d, vocab = 2, 4, 5, 4, 6
    n = n_problems * rollouts
    w = tf.Variable(rng.normal(size=(d, vocab)).astype(fx), name="lm_head")
    clip = 0.2
    mask = (np.arange(length)[None] < rng.integers(2, length + 1, size=(n, 1))).astype(fx)

    def token_logps(hidden, tokens):
        return tf.gather(tf.nn.log_softmax(hidden @ w), tokens, batch_dims=2)

    def reference(batch):
        adv = []
        for i in range(n):
            p = i % n_problems
            group = tf.stack([batch["reward"][j] for j in range(n) if j % n_problems == p])
            adv.append((batch["reward"][i] - tf.reduce_mean(group)) / (tf.math.reduce_std(group) + 1e-6))
        adv = tf.stack(adv)[:, None]
        lp = token_logps(batch["hidden"], batch["tokens"])
        ratio = tf.exp(lp - batch["old_logps"])
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - clip, 1 + clip) * adv)
        return -tf.reduce_sum(surr * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        rewards = batch["reward"]
        problem = tf.range(n) // rollouts
        mean = tf.math.unsorted_segment_mean(rewards, problem, n_problems)
        centred = rewards - tf.gather(mean, problem)
        var = tf.math.unsorted_segment_mean(tf.square(centred), problem, n_problems)
        advantages = (centred / (tf.sqrt(tf.gather(var, problem)) + 1e-6))[:, None]
        logps = token_logps(batch["hidden"], batch["tokens"])
        ratio = tf.exp(logps - batch["old_logps"])
        unclipped = ratio * advantages
        clipped = tf.clip_by_value(ratio, 1 - clip, 1 + clip) * advantages
        per_token = -tf.minimum(unclipped, clipped)
        return tf.reduce_sum(per_token * batch["mask"]) / tf.reduce_sum(batch["mask"])

    hidden = rng.normal(size=(n, length, d))
    tokens = rng.integers(0, vocab, size=(n, length))
    logits = hidden @ w.numpy().astype("float64")
    logp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    old = np.take_along_axis(logp, tokens[..., None], -1)[..., 0] + 0.1 * rng.normal(size=(n, length))
    reward = rng.normal(size=n) + 2.0 * (np.arange(n) % n_problems)
    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "hidden": hidden.astype(fx), "tokens": tokens.astype("int32"),
            "old_logps": old.astype(fx), "reward": reward.astype(fx), "mask": mask,
        },
        "variables": [w],
    }
