"""After a refactor of the GAE the returns were made of the storage's still-zero advantages, so the value head is trained towards its own old predictions. Source: https://github.com/vwxyzjn/cleanrl/pull/337"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "returns = storage.advantages + storage.values",
    "same_forward_value": False,
}


class Storage:
    def __init__(self, **fields):
        self.__dict__.update(fields)

    def replace(self, **fields):
        return Storage(**{**self.__dict__, **fields})


def build(seed=0):
    rng = np.random.default_rng(seed)
    steps, envs, obs_dim, actions = 4, 3, 5, 4
    gamma, lam, clip_coef, ent_coef, vf_coef = 0.99, 0.95, 0.1, 0.01, 0.5
    glorot = lambda *s: tf.Variable(rng.normal(scale=1 / np.sqrt(s[0]), size=s).astype(np.float32))
    w1, wp, wv = glorot(obs_dim, 10), glorot(10, actions), glorot(10, 1)
    bv = tf.Variable(tf.zeros([1]))

    def network(obs):
        h = tf.tanh(obs @ w1)
        return h @ wp, tf.squeeze(h @ wv + bv, -1)

    def gae(batch):
        last = tf.zeros([envs])
        out = []
        values = tf.concat([batch["values"], batch["next_value"][None]], axis=0)
        for t in reversed(range(steps)):
            nonterminal = 1.0 - batch["next_dones"][t]
            delta = batch["rewards"][t] + gamma * values[t + 1] * nonterminal - values[t]
            last = delta + gamma * lam * nonterminal * last
            out.insert(0, last)
        return tf.stack(out)

    def ppo_loss(batch, advantages, returns):
        flat = lambda x: tf.reshape(x, [-1])
        logits, newvalue = network(tf.reshape(batch["obs"], [-1, obs_dim]))
        logp_all = tf.nn.log_softmax(logits)
        newlogprob = tf.reduce_sum(tf.one_hot(flat(batch["actions"]), actions) * logp_all, -1)
        entropy = -tf.reduce_sum(tf.exp(logp_all) * logp_all, -1)
        adv = flat(advantages)
        adv = (adv - tf.reduce_mean(adv)) / (tf.math.reduce_std(adv) + 1e-8)
        ratio = tf.exp(newlogprob - flat(batch["logprobs"]))
        pg_loss = tf.reduce_mean(tf.maximum(-adv * ratio, -adv * tf.clip_by_value(ratio, 1 - clip_coef, 1 + clip_coef)))
        v_loss = 0.5 * tf.reduce_mean((newvalue - flat(returns)) ** 2)
        return pg_loss - ent_coef * tf.reduce_mean(entropy) + vf_coef * v_loss

    def reference(batch):
        advantages = gae(batch)
        return ppo_loss(batch, advantages, advantages + batch["values"])

    def candidate(batch):
        storage = Storage(values=batch["values"], advantages=tf.zeros([steps, envs]), returns=tf.zeros([steps, envs]))
        advantages = gae(batch)
        returns = storage.advantages + storage.values
        storage = storage.replace(advantages=advantages, returns=returns)
        return ppo_loss(batch, storage.advantages, storage.returns)

    f = lambda *s: rng.normal(size=s).astype(np.float32)
    batch = {
        "obs": f(steps, envs, obs_dim), "values": f(steps, envs), "next_value": f(envs), "rewards": f(steps, envs),
        "next_dones": (rng.uniform(size=(steps, envs)) < 0.2).astype(np.float32),
        "actions": rng.integers(0, actions, size=(steps, envs)).astype(np.int32),
        "logprobs": (np.log(1 / actions) + 0.1 * f(steps, envs)).astype(np.float32),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, wp, wv, bv]}
