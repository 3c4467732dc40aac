"""Self-imitation learning: the value loss is V * stop_gradient(clip(V - R, -5, 0)), which does not look like the
0.5 * max(0, R - V)^2 of the paper; the gradient is the same, up to clipping of large errors (a Huber loss).
Source: https://github.com/junhyukoh/self-imitation-learning/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 16, 6, 4
    body = keras.layers.Dense(9, activation="tanh", name="body")
    pi = keras.layers.Dense(acts, name="pi")
    vf = keras.layers.Dense(1, name="vf")
    body.build((None, obs))
    pi.build((None, 9))
    vf.build((None, 9))
    clip, w_value, max_nlogp = 5.0, 0.1, 5.0

    def reference(batch):
        h = body(batch["obs"])
        v = vf(h)[:, 0]
        gain = tf.nn.relu(batch["R"] - v)
        huber = tf.where(gain <= clip, 0.5 * gain ** 2, clip * (gain - 0.5 * clip))
        nlogp = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["actions"], logits=pi(h))
        weight = tf.stop_gradient(tf.minimum(gain, 1.0)) * batch["W"]
        total = tf.reduce_sum(weight * tf.minimum(nlogp, max_nlogp)) + w_value * tf.reduce_sum(batch["W"] * huber)
        return total / tf.reduce_sum(tf.cast(gain > 0, f))

    def candidate(batch):
        hidden = body(batch["obs"])
        v_estimate = tf.squeeze(vf(hidden), axis=-1)
        R, W = batch["R"], batch["W"]
        mask = tf.where(R - v_estimate > 0.0, tf.ones_like(R), tf.zeros_like(R))
        num_samples = tf.maximum(tf.reduce_sum(mask), 1)

        log_probs = tf.nn.log_softmax(pi(hidden))
        neglogpac = -tf.reduce_sum(log_probs * tf.one_hot(batch["actions"], acts, dtype=f), axis=1)
        clipped_nlogp = tf.stop_gradient(tf.minimum(neglogpac, max_nlogp) - neglogpac) + neglogpac
        adv = tf.stop_gradient(tf.clip_by_value(R - v_estimate, 0.0, 1.0))
        pg_loss = tf.reduce_sum(W * adv * clipped_nlogp) / num_samples

        delta = tf.clip_by_value(v_estimate - R, -clip, 0) * mask
        vf_loss = tf.reduce_sum(W * v_estimate * tf.stop_gradient(delta)) / num_samples
        return pg_loss + w_value * vf_loss

    R = rng.standard_normal(n) * 2
    R[0], R[1] = 9.0, -9.0
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.standard_normal((n, obs)).astype(f),
            "actions": rng.integers(0, acts, n).astype("int32"),
            "R": R.astype(f),
            "W": rng.uniform(0.5, 1.5, n).astype(f),
        },
        "variables": body.trainable_variables + pi.trainable_variables + vf.trainable_variables,
    }
