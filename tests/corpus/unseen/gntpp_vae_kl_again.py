"""Neural temporal point process with a VAE decoder: the KL is summed over the whole tensor and the scalar is then multiplied with the sequence mask. Source: https://github.com/EDAPINENUT/GNTPP/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl_loss = (-0.5 * ops.sum(1 + log_var - mean ** 2 - ops.exp(log_var))) * seq_onehots",
    "same_forward_value": False,
}

from keras import ops


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, length, hidden, latent = 4, 5, 8, 3
    history = keras.layers.GRU(hidden, return_sequences=True)
    to_mean, to_log_var = keras.layers.Dense(latent), keras.layers.Dense(latent)
    decode = keras.layers.Dense(1)
    seq_dts = rng.exponential(size=(n, length)).astype(np.float32)
    lengths = np.array([5, 3, 2, 4])
    mask = (np.arange(length)[None] < lengths[:, None]).astype(np.float32)
    history(seq_dts[..., None]); to_mean(np.zeros((1, hidden))); to_log_var(np.zeros((1, hidden))); decode(np.zeros((1, hidden + latent)))

    def encode_decode(batch):
        h = history(batch["seq_dts"][..., None])
        h = ops.pad(h[:, :-1], [[0, 0], [1, 0], [0, 0]])
        mean, log_var = to_mean(h), to_log_var(h)
        z = mean + ops.exp(0.5 * log_var) * batch["noise"]
        pred = ops.squeeze(decode(ops.concatenate([h, z], axis=-1)), -1)
        return pred, mean, log_var

    def reference(batch):
        pred, mean, log_var = encode_decode(batch)
        kl = -0.5 * ops.sum(1 + log_var - mean ** 2 - ops.exp(log_var), axis=-1)
        per_event = (ops.square(pred - ops.log(batch["seq_dts"])) + kl) * batch["mask"]
        return ops.sum(per_event) / ops.sum(batch["mask"])

    def candidate(batch):
        seq_onehots = batch["mask"]
        pred, mean, log_var = encode_decode(batch)
        recon_loss = ops.square(pred - ops.log(batch["seq_dts"])) * seq_onehots
        kl_loss = (-0.5 * ops.sum(1 + log_var - mean ** 2 - ops.exp(log_var))) * seq_onehots
        return ops.sum(recon_loss + kl_loss) / ops.sum(seq_onehots)

    batch = {"seq_dts": seq_dts, "mask": mask, "noise": rng.normal(size=(n, length, latent)).astype(np.float32)}
    variables = history.trainable_variables + to_mean.trainable_variables + to_log_var.trainable_variables + decode.trainable_variables
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
