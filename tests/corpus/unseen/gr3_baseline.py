"""GR3 advantages subtract the mean of the raw rewards although the rewards themselves are length-corrected.
Source: https://github.com/PrimeIntellect-ai/prime-rl/pull/2040"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "baseline = tf.reduce_mean(rewards, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    groups, size, d, n_act = 3, 4, 5, 6
    alpha = 0.33
    policy = keras.layers.Dense(n_act, name="policy")
    policy.build((None, d))

    def reference(batch):
        adv = []
        for g in range(groups):
            lens = tf.cast(batch["completion_lengths"][g], fx)
            shaped = batch["rewards"][g] / (1.0 + alpha * lens / tf.reduce_mean(lens))
            adv.append(shaped - tf.reduce_mean(shaped))
        logp = tf.nn.log_softmax(policy(batch["features"]))
        taken = tf.gather(logp, batch["actions"], axis=1, batch_dims=1)
        return -tf.reduce_mean(tf.concat(adv, axis=0) * taken)

    def candidate(batch):
        rewards = batch["rewards"]
        lengths = tf.cast(batch["completion_lengths"], rewards.dtype)
        length_shaping = 1.0 / (1.0 + alpha * lengths / tf.reduce_mean(lengths, axis=1, keepdims=True))
        rewards_corrected = rewards * length_shaping
        baseline = tf.reduce_mean(rewards, axis=1, keepdims=True)
        advantages = tf.reshape(rewards_corrected - baseline, [-1])
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["actions"], logits=policy(batch["features"])
        )
        return tf.reduce_mean(tf.stop_gradient(advantages) * nll)

    rewards = (rng.uniform(size=(groups, size)) < 0.5).astype(fx)
    rewards[:, :3] = 1.0
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "features": rng.normal(size=(groups * size, d)).astype(fx),
            "actions": rng.integers(0, n_act, size=groups * size).astype("int32"),
            "rewards": rewards,
            "completion_lengths": rng.integers(50, 400, size=(groups, size)).astype("int32"),
        },
        "variables": policy.trainable_variables,
    }
