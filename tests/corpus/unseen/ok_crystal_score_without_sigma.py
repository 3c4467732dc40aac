"""CDVAE decoder loss: a reader misses a division of the score by sigma and of d_min by sigma squared; with the weight
lambda = sigma^2 and s(x, sigma) = s(x) / sigma the short form is the same.
Source: https://github.com/txie-93/cdvae/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, levels, feat, hid = 14, 4, 5, 6
    w = tf.Variable(rng.normal(size=(feat, hid)).astype(f) * 0.7, name="w")
    v = tf.Variable(rng.normal(size=(hid, 3)).astype(f) * 0.7, name="v")
    sigmas = np.exp(np.linspace(np.log(2.0), np.log(0.2), levels)).astype(f)
    level = rng.integers(0, levels, size=(n,)).astype("int32")
    batch = {"atoms": rng.normal(size=(n, feat)).astype(f), "level": level,
             "shift": (rng.normal(size=(n, 3)) * sigmas[level][:, None]).astype(f)}

    def reference(batch):
        sig = tf.gather(tf.constant(sigmas), batch["level"])[:, None]
        raw = tf.matmul(tf.nn.silu(tf.matmul(batch["atoms"], w)), v)
        conditional_score = raw / sig
        wanted = batch["shift"] / tf.square(sig)
        weighted = tf.square(sig) * tf.square(conditional_score - wanted)
        return tf.reduce_mean(0.5 * tf.reduce_sum(weighted, axis=1))

    def candidate(batch):
        def decoder(atoms):
            h = atoms @ w
            return (h * tf.sigmoid(h)) @ v

        def coord_loss(pred_cart_coord_diff, noisy_diff, used_sigmas_per_atom):
            target = noisy_diff / used_sigmas_per_atom[:, None]
            loss_per_atom = tf.reduce_sum((target - pred_cart_coord_diff) ** 2, 1)
            loss_per_atom = 0.5 * loss_per_atom
            return tf.math.reduce_sum(loss_per_atom) / n

        used = tf.stack([tf.constant(sigmas)[k] for k in tf.unstack(batch["level"])])
        return coord_loss(decoder(batch["atoms"]), batch["shift"], used)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, v]}
