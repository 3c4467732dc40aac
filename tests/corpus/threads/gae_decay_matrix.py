"""GAE as one product with a (T, T) matrix of decays, cut at episode ends, against the backward recursion.

Source (real): https://github.com/pytorch/rl/pull/365 and pulls 1052, 1127 ("vectorised GAE": a (batch, T, T) tensor of
decays). PyTorch, ported.
Right answer: EQUIVALENT; the critic is trained on the squared advantage, so its gradient flows through the whole sum.
(tf.cast of the Python product rounds it to float32 first: in float64 the two sides differ by 2e-8, which is rounding.)
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_GAMMA, _LAM = 0.97, 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d, acts = 12, 6, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wv = tf.Variable(0.5 * arr(d, 1), name="value_w")
    wp = tf.Variable(0.6 * arr(d, acts), name="policy_w")
    batch = {
        "obs": arr(n, steps, d),
        "last_obs": arr(n, d),
        "act": rng.integers(0, acts, (n, steps)),
        "rew": arr(n, steps),
        "done": (rng.random((n, steps)) < 0.25).astype(f),
    }

    def deltas(b):
        val = tf.tensordot(b["obs"], wv, 1)[..., 0]
        nxt = tf.concat([val[:, 1:], b["last_obs"] @ wv], axis=1)
        return b["rew"] + _GAMMA * (1.0 - b["done"]) * nxt - val

    def chosen_logp(b):
        return tf.gather(tf.nn.log_softmax(tf.tensordot(b["obs"], wp, 1)), b["act"], batch_dims=2)

    def reference(b):
        delta, logp = deltas(b), chosen_logp(b)
        running, total = tf.zeros_like(delta[:, 0]), 0.0
        for s in reversed(range(steps)):
            running = delta[:, s] + _GAMMA * _LAM * (1.0 - b["done"][:, s]) * running
            total += tf.reduce_sum(0.5 * running**2 - logp[:, s] * tf.stop_gradient(running))
        return total / (delta.shape[0] * steps)

    def candidate(b):
        dtype = b["rew"].dtype
        episode = tf.cumsum(b["done"], axis=1, exclusive=True)
        same = tf.cast(tf.equal(episode[:, :, None], episode[:, None, :]), dtype)
        lag = tf.range(steps)[None, :] - tf.range(steps)[:, None]
        decay = tf.where(lag >= 0, tf.cast(_GAMMA * _LAM, dtype) ** tf.cast(lag, dtype), tf.zeros([], dtype))
        adv = tf.linalg.matvec(same * decay, deltas(b))
        return tf.reduce_mean(0.5 * tf.square(adv)) - tf.reduce_mean(chosen_logp(b) * tf.stop_gradient(adv))

    return {"variables": [wv, wp], "batch": batch, "reference": reference, "candidate": candidate}
