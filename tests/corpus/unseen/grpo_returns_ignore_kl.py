"""GRPO returns broadcast the reward over the tokens, and the KL that is handed in is not subtracted although kl_coef is set.
Source: https://github.com/THUDM/slime/pull/1247"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'returns.append(tf.ones_like(kl[i]) * rewards[i])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    wp = var("policy", 5, 6)

    def token_logp(batch):
        logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", batch["x"], wp))
        return tf.reduce_sum(logp * tf.one_hot(batch["y"], 6, dtype=logp.dtype), -1)

    def reference(batch, kl_coef=0.4):
        lp = token_logp(batch)
        ratio = tf.exp(lp - batch["old"])
        adv = tf.stop_gradient(batch["reward"][:, None] - kl_coef * (batch["old"] - batch["ref"]))
        return -tf.reduce_mean(tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv))

    def candidate(batch):
        def get_grpo_returns(rewards, kl, kl_coef=0.4):
            returns = []
            for i in range(rewards.shape[0]):
                returns.append(tf.ones_like(kl[i]) * rewards[i])
            return returns

        def policy_loss(log_ratio, advantages, eps_clip=0.2):
            r = tf.exp(log_ratio)
            return tf.maximum(-r * advantages, -tf.clip_by_value(r, 1 - eps_clip, 1 + eps_clip) * advantages)

        kl = batch["old"] - batch["ref"]
        advantages = tf.stack(get_grpo_returns(batch["reward"], kl))
        return tf.reduce_mean(policy_loss(token_logp(batch) - batch["old"], advantages))

    old = (-1.8 + 0.1 * data(13, 4)).astype(f)
    return {"reference": reference, "candidate": candidate, "variables": [wp],
            "batch": {"x": data(13, 4, 5) * np.asarray(0.3, f), "y": rng.integers(0, 6, (13, 4)), "reward": data(13), "old": old,
                      "ref": (old + 0.8 * data(13, 4)).astype(f)}}
