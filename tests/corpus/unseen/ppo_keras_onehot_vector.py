"""The Keras PPO loss keeps the one-hot vector of probabilities instead of one number per row, so that the mean also
runs over the actions not taken. Source: https://github.com/LuEE-C/PPO-Keras/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return y_true * p",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, clipping, entropy_coef = 8, 5, 4, 0.2, 5e-3
    actor = keras.Sequential([keras.layers.Input((s,)), keras.layers.Dense(10, activation="tanh", name="h"),
                              keras.layers.Dense(a, activation="softmax", name="out")])

    def reference(batch):
        pred = actor(batch["obs"])
        new_p = tf.gather(pred, batch["action"], batch_dims=1)
        old_p = tf.gather(batch["old_prediction"], batch["action"], batch_dims=1)
        r = new_p / (old_p + 1e-10)
        adv = batch["advantage"]
        gain = tf.minimum(r * adv, tf.clip_by_value(r, 1 - clipping, 1 + clipping) * adv)
        bonus = entropy_coef * -(new_p * tf.math.log(new_p + 1e-10))
        return -tf.reduce_mean(gain + bonus)

    def candidate(batch):
        y_true = tf.one_hot(batch["action"], a, dtype=batch["advantage"].dtype)
        y_pred = actor(batch["obs"])
        advantage = batch["advantage"][:, None]

        def selected(p):
            return y_true * p

        prob = selected(y_pred)
        old_prob = selected(batch["old_prediction"])
        r = prob / (old_prob + 1e-10)
        clipped = tf.clip_by_value(r, 1 - clipping, 1 + clipping)
        return -tf.reduce_mean(tf.minimum(r * advantage, clipped * advantage)
                               + entropy_coef * -(prob * tf.math.log(prob + 1e-10)))

    old = rng.dirichlet(np.ones(a) * 5, n)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "action": rng.integers(0, a, n).astype("int32"),
                      "old_prediction": old.astype(fx), "advantage": rng.normal(size=n).astype(fx)},
            "variables": list(actor.trainable_variables)}
