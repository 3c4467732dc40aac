"""Prioritised PPO minibatches: importance weights P^-beta without the factor N and without division by their maximum.

Source (real): https://github.com/micdoh/XLRON/pull/34 (JAX, item 1 of the pull request).
Right answer: NOT equivalent; the actor term is far too large against the value and the entropy term.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'importance_weights = tf.pow(b["probs"], -prio_beta)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 24, 5, 6, 3
    buffer_size, prio_beta, eps, vf, ent = 60, 0.4, 0.2, 0.5, 0.01

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    torso = tf.Variable(0.6 * arr(d, hid), name="torso")
    actor = tf.Variable(0.6 * arr(hid, acts), name="actor")
    critic = tf.Variable(0.6 * arr(hid, 1), name="critic")
    priorities = rng.uniform(0.2, 2.0, buffer_size)
    chosen = rng.integers(0, buffer_size, n)
    batch = {
        "obs": arr(n, d), "action": rng.integers(0, acts, n), "gae": arr(n), "targets": arr(n),
        "old_logp": (-np.log(acts) + 0.2 * arr(n)).astype(f), "probs": (priorities / priorities.sum())[chosen].astype(f),
    }

    def heads(obs):
        h = tf.tanh(obs @ torso)
        return tf.nn.log_softmax(h @ actor), tf.squeeze(h @ critic, axis=1)

    def reference(b):
        log_pi, v = heads(b["obs"])
        w = (buffer_size * b["probs"].numpy()) ** -prio_beta
        w /= w.max()
        total = 0.0
        for i in range(b["obs"].shape[0]):
            r = tf.exp(log_pi[i, int(b["action"][i])] - b["old_logp"][i])
            a = b["gae"][i]
            total += -w[i] * tf.minimum(r * a, tf.clip_by_value(r, 1 - eps, 1 + eps) * a)
            total += vf * 0.5 * (v[i] - b["targets"][i]) ** 2
            total += ent * tf.reduce_sum(tf.exp(log_pi[i]) * log_pi[i])
        return total / b["obs"].shape[0]

    def candidate(b):
        log_pi, value = heads(b["obs"])
        log_prob = tf.gather(log_pi, b["action"], batch_dims=1)
        importance_weights = tf.pow(b["probs"], -prio_beta)
        adv_weighted = importance_weights * b["gae"]
        ratio = tf.exp(log_prob - b["old_logp"])
        loss_actor1 = ratio * adv_weighted
        loss_actor2 = tf.clip_by_value(ratio, 1.0 - eps, 1.0 + eps) * adv_weighted
        loss_actor = -tf.reduce_mean(tf.minimum(loss_actor1, loss_actor2))
        value_loss = 0.5 * tf.reduce_mean(tf.square(value - b["targets"]))
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(log_pi) * log_pi, axis=-1))
        return loss_actor + vf * value_loss - ent * entropy

    return {"variables": [torso, actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
