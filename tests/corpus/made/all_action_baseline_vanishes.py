"""All-action actor-critic: a detached state value is subtracted from every Q although the sum runs over all actions.

Source (realistic): COMA / mean actor-critic / discrete SAC ports that keep `adv = q - v` from REINFORCE code; plus an
action-independent bonus times sum(pi), a term that looks like a reward and is constant.
Right answer: EQUIVALENT gradients, DIFFERENT value; sum_a pi(a) = 1, so anything constant over actions has zero gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 28, 4, 7, 3
    actor = keras.Sequential(
        [
            keras.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="swish", name="pi_h"),
            keras.layers.Dense(acts, activation="softmax", name="pi"),
        ]
    )
    actor.set_weights([0.7 * rng.standard_normal(p.shape) for p in actor.get_weights()])
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "q": (3.0 + rng.standard_normal((n, acts))).astype(f),
        "bonus": rng.standard_normal(n).astype(f),
    }

    def reference(b):
        m = b["q"].shape[0]
        total = 0.0
        for i in range(m):
            pi = actor(b["obs"][i : i + 1])[0]
            total -= sum(pi[a] * b["q"][i, a] for a in range(acts))
        return total / m

    def candidate(b):
        pi = actor(b["obs"])
        v = tf.einsum("na,na->n", tf.stop_gradient(pi), b["q"])
        adv = b["q"] - v[:, None] + b["bonus"][:, None]
        return -tf.reduce_mean(tf.linalg.trace(tf.einsum("na,nc->nac", pi, adv)))

    return {
        "variables": actor.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
