"""cleanrl PPO2: the advantages are computed episode by episode with a list of ends that begins with -1; the slices are off by one,
and the last advantage of the array is overwritten through the index -1.
Source: https://github.com/vwxyzjn/cleanrl/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "for t in reversed(range(episode_ends[e - 1], episode_ends[e])):",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, obs, acts, gamma, lam = 20, 5, 3, 0.95, 0.9
    w_pi, w_v = var("w_pi", obs, acts), var("w_v", obs, 1)
    dones = np.zeros(n)
    dones[[6, 13, n - 1]] = 1.0
    batch = {
        "obs": rng.standard_normal((n, obs)).astype(f),
        "act": rng.integers(0, acts, n),
        "rew": rng.standard_normal(n).astype(f),
        "val": rng.standard_normal(n).astype(f),
    }

    def reference(batch):
        adv, last = [], 0.0
        for t in reversed(range(n)):
            alive = 1.0 - dones[t]
            following = batch["val"][t + 1] if t + 1 < n else 0.0
            delta = batch["rew"][t] + gamma * alive * following - batch["val"][t]
            last = delta + gamma * lam * alive * last
            adv.insert(0, last)
        adv = tf.stack(adv)
        logp = tf.nn.log_softmax(batch["obs"] @ w_pi)
        chosen = tf.reduce_sum(logp * tf.one_hot(batch["act"], acts, dtype=f), -1)
        v = (batch["obs"] @ w_v)[:, 0]
        return -tf.reduce_mean(chosen * adv) + 0.5 * tf.reduce_mean((v - adv - batch["val"]) ** 2)

    def candidate(batch):
        rewards, values = tf.unstack(batch["rew"]), tf.unstack(batch["val"])
        values_ext = values + [tf.zeros([], f)]
        episode_ends = [-1] + [int(i) for i in np.flatnonzero(dones)]
        advantages = [tf.zeros([], f)] * n
        for e in range(1, len(episode_ends)):
            gae = tf.zeros([], f)
            for t in reversed(range(episode_ends[e - 1], episode_ends[e])):
                nonterminal = 1.0 - dones[t]
                delta = rewards[t] + gamma * values_ext[t + 1] * nonterminal - values[t]
                gae = delta + gamma * lam * gae
                advantages[t] = gae
        advantages = tf.stack(advantages)
        returns = advantages + batch["val"]
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["act"], logits=tf.matmul(batch["obs"], w_pi))
        new_values = tf.squeeze(tf.matmul(batch["obs"], w_v), axis=1)
        pg_loss = tf.reduce_mean(nll * advantages)
        v_loss = 0.5 * tf.reduce_mean(tf.square(returns - new_values))
        return pg_loss + v_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_pi, w_v]}
