"""PPO with a shared optimiser adds the entropy to the total loss with a plus sign.
Source: https://github.com/datawhalechina/joyrl/issues/23"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "sign",
            "line_marker": "tot_loss = actor_loss + critic_loss + entropy_coef * entropy_mean", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, A, eps, entropy_coef = 6, 4, 3, 0.2, 0.1
    aw = tf.Variable(rng.normal(size=(d, A)).astype(fx), name="actor_w")
    cw = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="critic_w")

    def reference(batch):
        p = tf.nn.softmax(batch["states"] @ aw)
        v = tf.squeeze(batch["states"] @ cw, 1)
        adv = batch["returns"] - tf.stop_gradient(v)
        r = tf.gather(p, batch["actions"], batch_dims=1) / batch["old_probs"]
        obj = tf.minimum(r * adv, tf.clip_by_value(r, 1 - eps, 1 + eps) * adv)
        ent = -tf.reduce_sum(p * tf.math.log(p), 1)
        return tf.reduce_mean(-obj + 0.5 * (batch["returns"] - v) ** 2 - entropy_coef * ent)

    def candidate(batch):
        value = tf.reshape(tf.matmul(batch["states"], cw), [-1])
        probs = tf.nn.softmax(tf.matmul(batch["states"], aw), axis=-1)
        log_probs = tf.math.log(probs)
        entropy_mean = tf.reduce_mean(-tf.reduce_sum(probs * log_probs, axis=-1))
        new_log_prob = tf.gather(log_probs, batch["actions"], batch_dims=1)
        advantage = batch["returns"] - tf.stop_gradient(value)
        ratio = tf.exp(new_log_prob - tf.math.log(batch["old_probs"]))
        surr1 = ratio * advantage
        surr2 = tf.clip_by_value(ratio, 1 - eps, 1 + eps) * advantage
        actor_loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
        critic_loss = 0.5 * tf.reduce_mean(tf.square(batch["returns"] - value))
        tot_loss = actor_loss + critic_loss + entropy_coef * entropy_mean
        return tot_loss

    s, a = rng.normal(size=(B, d)), rng.integers(0, A, B)
    e = np.exp(s @ aw.numpy())
    p = (e / e.sum(1, keepdims=True))[np.arange(B), a]
    return {"reference": reference, "candidate": candidate,
            "batch": {"states": s.astype(fx), "actions": a, "returns": rng.normal(size=B).astype(fx),
                      "old_probs": (p * np.exp(0.05 * rng.normal(size=B))).astype(fx)},
            "variables": [aw, cw]}
