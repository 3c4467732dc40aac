"""Sequence VAE: the KL term is summed over the whole tensor to one scalar and then multiplied by the sequence one-hot mask, which
broadcasts without complaint. Source: https://github.com/EDAPINENUT/GNTPP/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl_loss = (-0.5 * tf.reduce_sum(1.0 + log_var - mean ** 2 - tf.exp(log_var))) * seq_onehots",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, length, hist, latent, marks = 4, 5, 6, 3, 3
    intervals = rng.exponential(size=(n, length)).astype("float32")
    types = rng.integers(0, marks, size=(n, length)).astype("int32")
    valid = (np.arange(length)[None] < np.array([5, 3, 4, 2])[:, None]).astype("float32")
    noise = rng.normal(size=(n, length, latent)).astype("float32")

    history = keras.layers.GRU(hist, return_sequences=True)
    enc = keras.layers.Dense(2 * latent)
    dec = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    mark_head = keras.layers.Dense(marks)

    def encode(batch):
        feats = tf.concat([tf.math.log(batch["dt"] + 1e-3)[..., None], tf.one_hot(batch["type"], marks)], -1)
        h = history(feats)
        h = tf.concat([tf.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
        mean, log_var = tf.split(enc(tf.concat([h, feats], -1)), 2, axis=-1)
        z = mean + tf.exp(0.5 * log_var) * batch["noise"]
        recon = tf.squeeze(dec(tf.concat([z, h], -1)), -1)
        recon_loss = tf.square(recon - tf.math.log(batch["dt"] + 1e-3)) * batch["valid"]
        mark_nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["type"], logits=mark_head(h))
        return mean, log_var, recon_loss, mark_nll * batch["valid"]

    batch0 = {"dt": tf.constant(intervals), "type": tf.constant(types), "valid": tf.constant(valid), "noise": tf.constant(noise)}
    encode(batch0)

    def per_event(total, batch):
        return tf.reduce_sum(total) / tf.reduce_sum(batch["valid"])

    def reference(batch):
        mean, log_var, recon_loss, mark_nll = encode(batch)
        kl = -0.5 * tf.reduce_sum(1.0 + log_var - tf.square(mean) - tf.exp(log_var), axis=-1)
        return per_event(recon_loss + kl * batch["valid"] + mark_nll, batch)

    def candidate(batch):
        mean, log_var, recon_loss, mark_nll = encode(batch)
        seq_onehots = batch["valid"]
        kl_loss = (-0.5 * tf.reduce_sum(1.0 + log_var - mean ** 2 - tf.exp(log_var))) * seq_onehots
        return per_event(recon_loss + kl_loss + mark_nll, batch)

    variables = [v for l in (history, enc, dec, mark_head) for v in l.trainable_variables]
    return {"reference": reference, "candidate": candidate,
            "batch": {"dt": intervals, "type": types, "valid": valid, "noise": noise}, "variables": variables}
