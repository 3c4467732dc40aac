"""bayesflow diffusion model: per-sample SNR weights keep a trailing axis, (B, 1), while the error is reduced to (B,); the product is (B, B) and the loss factorizes into mean(w) * mean(err). Source: https://github.com/bayesflow-org/bayesflow/issues/787"""
import numpy as np
import tensorflow as tf
import keras
from keras import ops

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss = weights_for_snr * ops.mean((noise_pred - eps_t) ** 2, axis=-1)",
    "same_forward_value": False,
}


def expand_right_as(tensor, like):
    while len(tensor.shape) < len(like.shape):
        tensor = ops.expand_dims(tensor, -1)
    return tensor


class CosineNoiseSchedule:
    def __init__(self, min_log_snr=-6.0, max_log_snr=6.0):
        self.t_min = np.arctan(np.exp(-0.5 * max_log_snr))
        self.t_max = np.arctan(np.exp(-0.5 * min_log_snr))

    def get_log_snr(self, t):
        return -2.0 * ops.log(ops.tan(self.t_min + t * (self.t_max - self.t_min)))

    def get_alpha_sigma(self, log_snr_t):
        return ops.sqrt(ops.sigmoid(log_snr_t)), ops.sqrt(ops.sigmoid(-log_snr_t))

    def get_weights_for_snr(self, log_snr_t):
        return 1.0 / ops.cosh(log_snr_t / 4.0)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, dim, cond = 8, 3, 2
    schedule = CosineNoiseSchedule()
    subnet = keras.Sequential([keras.layers.Input((dim + cond + 1,)), keras.layers.Dense(16, activation="mish"), keras.layers.Dense(dim)])

    def diffuse(batch):
        x = batch["x"]
        log_snr_t = expand_right_as(schedule.get_log_snr(batch["t"]), x)
        alpha_t, sigma_t = schedule.get_alpha_sigma(log_snr_t)
        x_t = alpha_t * x + sigma_t * batch["eps"]
        noise_pred = subnet(ops.concatenate([x_t, batch["conditions"], log_snr_t / 10.0], axis=-1))
        return noise_pred, log_snr_t

    def reference(batch):
        noise_pred, log_snr_t = diffuse(batch)
        weights = ops.squeeze(schedule.get_weights_for_snr(log_snr_t), -1)
        return ops.mean(weights * ops.mean(ops.square(noise_pred - batch["eps"]), axis=-1))

    def candidate(batch):
        eps_t = batch["eps"]
        noise_pred, log_snr_t = diffuse(batch)
        weights_for_snr = schedule.get_weights_for_snr(log_snr_t=log_snr_t)
        loss = weights_for_snr * ops.mean((noise_pred - eps_t) ** 2, axis=-1)
        return ops.mean(loss)

    batch = {"x": rng.normal(size=(n, dim)), "eps": rng.normal(size=(n, dim)), "conditions": rng.normal(size=(n, cond)), "t": rng.uniform(size=n)}
    return {"reference": reference, "candidate": candidate, "batch": {k: v.astype(np.float32) for k, v in batch.items()}, "variables": subnet.trainable_variables}
