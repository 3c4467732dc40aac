"""In A2C the returns have shape [B] while the critic gives [B, 1], so that r - v has the wrong shape.
Source: https://github.com/thu-ml/tianshou/pull/155"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'advantage = returns - tf.stop_gradient(v)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, n_act = 7, 4, 3
    actor = var("actor", d, n_act)
    critic = var("critic", d, 1)

    def reference(batch):
        logp = tf.nn.log_softmax(batch["obs"] @ actor)
        v = tf.squeeze(batch["obs"] @ critic, -1)
        chosen = tf.gather(logp, batch["act"], batch_dims=1)
        a_loss = -tf.reduce_mean(chosen * (batch["ret"] - tf.stop_gradient(v)))
        vf_loss = tf.reduce_mean((batch["ret"] - v) ** 2)
        ent = -tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * logp, -1))
        return a_loss + 0.5 * vf_loss - 0.01 * ent

    def candidate(batch):
        logits = batch["obs"] @ actor
        v = batch["obs"] @ critic
        returns = batch["ret"]
        log_prob = tf.nn.log_softmax(logits)
        taken = tf.reduce_sum(log_prob * tf.one_hot(batch["act"], n_act, dtype=logits.dtype), axis=-1)
        advantage = returns - tf.stop_gradient(v)
        actor_loss = -tf.reduce_mean(taken * advantage)
        critic_loss = tf.reduce_mean(tf.square(returns[:, None] - v))
        entropy = tf.reduce_mean(-tf.reduce_sum(tf.exp(log_prob) * log_prob, axis=-1))
        return actor_loss + 0.5 * critic_loss - 0.01 * entropy

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "act": rng.integers(0, n_act, n), "ret": 2.0 * arr(n)},
            "variables": [actor, critic]}
