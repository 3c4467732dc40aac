"""REINFORCE with a Gaussian policy: the sampled action keeps its path to the mean, so log_prob(action) no longer depends on it.

Source (real): https://github.com/HorizonRobotics/alf/pull/34 (TensorFlow 2: "due to the lack of tf.stop_gradient on action, the gradient
of action_distribution.log_prob(action) with respect to the parameters becomes zero"; merged); also pytorch/pytorch/issues/10943.
Right answer: NOT equivalent; same value, but the gradient of the mean head is zero and the one of the std head is wrong.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "action = dist.mean + dist.std * noise",
    "same_forward_value": True,
}


class DiagonalNormal:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def log_prob(self, x):
        z = (x - self.mean) / self.std
        return tf.reduce_sum(-0.5 * tf.square(z) - tf.math.log(self.std) - 0.5 * np.log(2 * np.pi), axis=-1)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 20, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mean_w = tf.Variable(0.5 * arr(d, acts), name="mean_w")
    std_w = tf.Variable(0.3 * arr(d, acts), name="std_w")
    batch = {"observation": arr(n, d), "noise": arr(n, acts), "advantage": arr(n) + 0.4}

    def action_distribution(obs):
        return DiagonalNormal(tf.tanh(obs @ mean_w), 0.2 + tf.nn.softplus(obs @ std_w))

    def reference(b):
        """The older driver: first act, then, with the stored actions, differentiate the log density."""
        loss = 0.0
        for obs, eps, adv in zip(b["observation"], b["noise"], b["advantage"]):
            mu = tf.tanh(tf.linalg.matvec(mean_w, obs, transpose_a=True))
            sigma = 0.2 + tf.nn.softplus(tf.linalg.matvec(std_w, obs, transpose_a=True))
            taken = tf.stop_gradient(mu + sigma * eps)
            nll = tf.square(taken - mu) / (2 * sigma**2) + tf.math.log(sigma) + 0.5 * np.log(2 * np.pi)
            loss += adv * tf.reduce_sum(nll)
        return loss / b["advantage"].shape[0]

    def candidate(b):
        def step(obs, noise):
            dist = action_distribution(obs)
            action = dist.mean + dist.std * noise
            return action, dist

        action, dist = step(b["observation"], b["noise"])
        log_prob = dist.log_prob(action)
        return -tf.reduce_mean(log_prob * b["advantage"])

    return {"variables": [mean_w, std_w], "batch": batch, "reference": reference, "candidate": candidate}
