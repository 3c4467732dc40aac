"""PPO-Keras: the term called entropy is prob * log(prob), i.e. negative entropy, and sits inside -mean(...), so that the
entropy is minimised.
Source: https://github.com/LuEE-C/PPO-Keras/issues/4"""
import numpy as np
import tensorflow as tf
import keras
from keras import ops

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "bonus = ENTROPY_LOSS * (prob * ops.log(prob + 1e-10))",
    "same_forward_value": False,
}
LOSS_CLIPPING, ENTROPY_LOSS = 0.2, 0.3


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, hid, acts = 18, 5, 7, 4
    actor = keras.Sequential(
        [keras.Input((obs,)), keras.layers.Dense(hid, activation="tanh"), keras.layers.Dense(acts, activation="softmax")]
    )
    chosen = rng.integers(0, acts, size=n)
    old = rng.dirichlet(np.full(acts, 4.0), size=n)
    batch = {
        "obs": rng.normal(size=(n, obs)).astype(f),
        "action": np.eye(acts)[chosen].astype(f),
        "old_prediction": old.astype(f),
        "advantage": rng.normal(size=(n, 1)).astype(f),
    }

    def reference(batch):
        pi = actor(batch["obs"])
        idx = tf.argmax(batch["action"], axis=1)
        new = tf.gather(pi, idx, axis=1, batch_dims=1)
        prev = tf.gather(batch["old_prediction"], idx, axis=1, batch_dims=1)
        adv = batch["advantage"][:, 0]
        r = new / (prev + 1e-10)
        pessimistic = tf.where(adv >= 0, tf.minimum(r, 1 + LOSS_CLIPPING), tf.maximum(r, 1 - LOSS_CLIPPING)) * adv
        neg_entropy_of_choice = new * tf.math.log(new + 1e-10)
        return -tf.reduce_mean(pessimistic) + ENTROPY_LOSS * tf.reduce_mean(neg_entropy_of_choice)

    def proximal_policy_optimization_loss(advantage, old_prediction, entropy_fn):
        def loss(y_true, y_pred):
            prob = ops.sum(y_true * y_pred, axis=-1, keepdims=True)
            old_prob = ops.sum(y_true * old_prediction, axis=-1, keepdims=True)
            r = prob / (old_prob + 1e-10)
            clipped = ops.clip(r, 1 - LOSS_CLIPPING, 1 + LOSS_CLIPPING)
            return -ops.mean(ops.minimum(r * advantage, clipped * advantage) + entropy_fn(prob))

        return loss

    def candidate(batch):
        def entropy_term(prob):
            bonus = ENTROPY_LOSS * (prob * ops.log(prob + 1e-10))
            return bonus

        loss_fn = proximal_policy_optimization_loss(batch["advantage"], batch["old_prediction"], entropy_term)
        return loss_fn(batch["action"], actor(batch["obs"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": actor.trainable_variables}
