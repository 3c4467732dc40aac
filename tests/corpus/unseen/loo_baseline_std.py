"""GRPO with leave-one-out baseline: when the other samples of a prompt agree their std is 0 and advantages reach 1e6.
Source: https://github.com/NVIDIA-NeMo/RL/issues/1518"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "advantages = advantages / (std[..., None] + 1e-6)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    P, G, d, vocab = 3, 4, 5, 6
    w = tf.Variable(rng.standard_normal((d, vocab)) * 0.5, dtype=fx, name="w")

    def reference(batch):
        logp = tf.nn.log_softmax(tf.reshape(batch["h"], [-1, d]) @ w)
        logp = tf.reshape(tf.gather(logp, tf.reshape(batch["tok"], [-1]), batch_dims=1), [P, G])
        total = 0.0
        for p in range(P):
            for g in range(G):
                others = [float(batch["reward"][p, j]) for j in range(G) if j != g]
                adv = float(batch["reward"][p, g]) - np.mean(others)
                sd = np.std(others)
                if sd > 1e-8:
                    adv = adv / (sd + 1e-6)
                total -= adv * logp[p, g]
        return total / (P * G)

    def candidate(batch):
        def calculate_baseline_and_std_per_prompt(rewards):
            loo = 1.0 - tf.eye(G, dtype=rewards.dtype)
            mean = tf.matmul(rewards, loo) / (G - 1)
            gap = (rewards[:, None, :] - mean[:, :, None]) * loo[None]
            var = tf.reduce_sum(tf.square(gap), axis=-1) / (G - 1)
            return mean, tf.where(var < 1e-10, tf.zeros_like(var), tf.sqrt(var))

        rewards = batch["reward"]
        baseline, std = calculate_baseline_and_std_per_prompt(rewards)
        advantages = (rewards - baseline)[..., None]
        advantages = advantages / (std[..., None] + 1e-6)
        logits = tf.einsum("pgd,dv->pgv", batch["h"], w)
        curr_logprobs = tf.gather(tf.nn.log_softmax(logits), batch["tok"], batch_dims=2)
        return -tf.reduce_mean(curr_logprobs[..., None] * advantages)

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": rng.standard_normal((P, G, d)).astype(fx),
                      "tok": rng.integers(0, vocab, (P, G)).astype("int32"),
                      "reward": np.array([[1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1]]).astype(fx)},
            "variables": [w]}
