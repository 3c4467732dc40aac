"""truncated_generalized_advantage_estimation has stop_target_gradients=False by default; gradients run through the bootstrap targets.
Source: https://github.com/google-deepmind/rlax/issues/28"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'stop_gradient',
    "line_marker": 'adv_t = gae(b["r_t"], b["discount_t"], LAMBDA, values)',
    "same_forward_value": True,
}


LAMBDA = 0.9


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 17, 5, 3
    torso = keras.layers.Dense(8, activation="tanh")
    pi, v = keras.layers.Dense(acts), keras.layers.Dense(1)
    torso.build((None, obs)), pi.build((None, 8)), v.build((None, 8))
    batch = {
        "r_t": rng.standard_normal(n).astype(f),
        "obs": rng.standard_normal((n + 1, obs)).astype(f),
        "a": rng.integers(0, acts, n),
        "discount_t": (0.97 * (rng.random(n) > 0.15)).astype(f),
    }

    def gae(r_t, discount_t, lambda_, vals, stop_target_gradients=False):
        delta_t = r_t + discount_t * vals[1:] - vals[:-1]
        adv, out = tf.zeros((), f), []
        for d, disc in zip(tf.unstack(delta_t)[::-1], tf.unstack(discount_t)[::-1]):
            adv = d + disc * lambda_ * adv
            out.append(adv)
        out = tf.stack(out[::-1])
        return tf.stop_gradient(out) if stop_target_gradients else out

    def reference(b):
        h = torso(b["obs"])
        value = tf.squeeze(v(h), -1)
        frozen = tf.stop_gradient(value)
        g = frozen[-1]
        returns = [None] * n
        for t in range(n - 1, -1, -1):
            g = b["r_t"][t] + b["discount_t"][t] * ((1 - LAMBDA) * frozen[t + 1] + LAMBDA * g)
            returns[t] = g
        returns = tf.stack(returns)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["a"], logits=pi(h[:-1]))
        return tf.reduce_mean(nll * (returns - frozen[:-1]) + 0.5 * tf.square(returns - value[:-1]))

    def candidate(b):
        hidden = torso(b["obs"])
        values = keras.ops.reshape(v(hidden), (-1,))
        adv_t = gae(b["r_t"], b["discount_t"], LAMBDA, values)
        target_t = adv_t + tf.stop_gradient(values[:-1])
        log_pi = keras.ops.log_softmax(pi(hidden[:-1]))
        log_pi_a = keras.ops.sum(log_pi * keras.ops.one_hot(b["a"], acts, dtype=f), axis=-1)
        pg_loss = -keras.ops.mean(log_pi_a * adv_t)
        td_loss = 0.5 * keras.ops.mean(keras.ops.square(target_t - values[:-1]))
        return pg_loss + td_loss

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": torso.trainable_variables + pi.trainable_variables + v.trainable_variables}
