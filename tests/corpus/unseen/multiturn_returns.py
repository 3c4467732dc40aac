"""REINFORCE++ with multi-turn rollouts: the reverse return scan loses rewards that come after
an observation span (response_mask 0 in the middle of a sequence).
Source: https://github.com/verl-project/verl/pull/7300"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'carry = (token_rewards[:, t] + gamma * carry) * mask[:, t]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, length, vocab, dim, gamma = 3, 8, 6, 4, 0.95
    emb = tf.Variable((rng.standard_normal((vocab, dim)) * 0.6).astype(fx), name="emb")
    head = tf.Variable((rng.standard_normal((dim, vocab)) * 0.6).astype(fx), name="head")
    response_mask = np.array([[1, 1, 0, 0, 1, 1, 0, 0],
                              [1, 0, 0, 1, 1, 0, 1, 1],
                              [1, 1, 1, 0, 0, 1, 1, 0]]).astype(fx)
    rewards = np.zeros((bsz, length))
    for i, last in enumerate([5, 7, 6]):
        rewards[i, last] = rng.uniform(0.5, 2.0)

    def token_logp(batch):
        hidden = tf.tanh(tf.gather(emb, batch["inputs"]))
        logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", hidden, head))
        return tf.gather(logp, batch["targets"], batch_dims=2)

    def reference(batch):
        logp = token_logp(batch)
        mask = batch["response_mask"]
        delta = np.arange(length)[None, :] - np.arange(length)[:, None]
        n_act = tf.cumsum(mask, axis=1)
        age = n_act[:, None, :] - n_act[:, :, None]
        weight = tf.where(delta[None] >= 0, tf.pow(tf.constant(gamma, fx), tf.maximum(age, 0.0)), tf.zeros_like(age))
        returns = tf.einsum("bts,bs->bt", weight, batch["token_rewards"] * mask)
        mean = tf.reduce_sum(returns * mask) / tf.reduce_sum(mask)
        adv = tf.stop_gradient((returns - mean) * mask)
        return -tf.reduce_sum(adv * logp) / tf.reduce_sum(mask)

    def candidate(batch):
        mask = batch["response_mask"]
        token_rewards = batch["token_rewards"] * mask
        carry = tf.zeros_like(mask[:, 0])
        collected = []
        for t in reversed(range(length)):
            carry = (token_rewards[:, t] + gamma * carry) * mask[:, t]
            collected.append(carry)
        returns = tf.stack(collected[::-1], axis=1)
        centre = tf.reduce_sum(returns * mask) / tf.reduce_sum(mask)
        advantages = tf.stop_gradient((returns - centre) * mask)
        policy_loss = -advantages * token_logp(batch)
        return tf.reduce_sum(policy_loss) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"inputs": rng.integers(0, vocab, (bsz, length)).astype("int32"),
                      "targets": rng.integers(0, vocab, (bsz, length)).astype("int32"),
                      "token_rewards": rewards.astype(fx), "response_mask": response_mask},
            "variables": [emb, head]}
