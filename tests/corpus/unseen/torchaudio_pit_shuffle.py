"""Permutation invariant SI-SNR: the metric is averaged over the batch before the best permutation is chosen, so all samples share
one permutation; each sample should have its own. Source: https://github.com/pytorch/audio/pull/894"""
from itertools import permutations
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "metric = tf.reduce_mean(si_sdr(estimate, tf.gather(target, idx, axis=1)))",
    "same_forward_value": False,
}


def si_sdr(estimate, reference, epsilon=1e-8):
    """(batch, speakers, time) -> (batch, speakers)"""
    estimate = estimate - tf.reduce_mean(estimate, axis=2, keepdims=True)
    reference = reference - tf.reduce_mean(reference, axis=2, keepdims=True)
    ref_pow = tf.reduce_mean(reference ** 2, axis=2, keepdims=True)
    mix_pow = tf.reduce_mean(estimate * reference, axis=2, keepdims=True)
    scale = mix_pow / (ref_pow + epsilon)
    ref = scale * reference
    err = estimate - ref
    power = tf.reduce_mean(ref ** 2, axis=2) / (tf.reduce_mean(err ** 2, axis=2) + epsilon)
    return 10.0 * tf.math.log(power + epsilon) / tf.math.log(10.0)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, speakers, time = 6, 2, 24
    sources = rng.normal(size=(n, speakers, time)).astype("float32")
    mix = sources.sum(axis=1).astype("float32")[..., None]
    encoder = keras.layers.Conv1D(8, 5, padding="same", activation="relu")
    mask_net = keras.Sequential([keras.layers.Conv1D(8, 3, padding="same", activation="tanh"),
                                 keras.layers.Conv1D(speakers * 8, 1)])
    decoder = keras.layers.Conv1D(1, 5, padding="same", use_bias=False)

    def separate(mixture):
        h = encoder(mixture)
        masks = tf.sigmoid(tf.reshape(mask_net(h), (n, time, speakers, 8)))
        return tf.stack([decoder(h * masks[:, :, s])[..., 0] for s in range(speakers)], axis=1)

    separate(tf.constant(mix))

    def reference(batch):
        est = separate(batch["mix"])
        per_perm = [tf.reduce_mean(si_sdr(est, tf.gather(batch["src"], list(p), axis=1)), axis=1)
                    for p in permutations(range(speakers))]
        return -tf.reduce_mean(tf.reduce_max(tf.stack(per_perm, axis=1), axis=1))

    def candidate(batch):
        estimate, target = separate(batch["mix"]), batch["src"]
        best = None
        for idx in permutations(range(speakers)):
            metric = tf.reduce_mean(si_sdr(estimate, tf.gather(target, idx, axis=1)))
            best = metric if best is None else tf.maximum(best, metric)
        return -best

    return {"reference": reference, "candidate": candidate, "batch": {"mix": mix, "src": sources},
            "variables": encoder.trainable_variables + mask_net.trainable_variables + decoder.trainable_variables}
