"""Prioritized replay: the importance weight is (1 / N / P)**-beta, which weights frequent transitions up instead of down.

Source (real): https://github.com/takoika/PrioritizedExperienceReplay/issues/1 (TensorFlow; fixed. The missing normalisation by the largest
weight, which the thread also names, is left out in both formulations).
Right answer: NOT equivalent; the weights are the inverse of what they should be.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "weights.append((1.0 / self.memory_size / priority) ** -self.beta)",
    "same_forward_value": False,
}

_SIZE, _BETA, _GAMMA = 64, 0.6, 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 20, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d, acts), name="q_w")
    bias = tf.Variable(0.1 * arr(acts), name="q_b")
    target_w = tf.constant(0.7 * arr(d, acts))
    batch = {
        "obs": arr(n, d),
        "act": rng.integers(0, acts, n),
        "rew": arr(n),
        "obs2": arr(n, d),
        "prob": (np.exp(1.2 * rng.standard_normal(n)) / _SIZE).astype(f),
    }

    def reference(b):
        is_weight = tf.pow(_SIZE * b["prob"], -_BETA)
        y = b["rew"] + _GAMMA * tf.reduce_max(b["obs2"] @ target_w, axis=1)
        q = tf.einsum("nd,da,na->n", b["obs"], w, tf.one_hot(b["act"], acts, dtype=w.dtype))
        q += tf.gather(bias, b["act"])
        return tf.reduce_mean(is_weight * tf.square(y - q))

    def candidate(b):
        class RankedMemory:
            def __init__(self, memory_size, beta):
                self.memory_size, self.beta = memory_size, beta

            def sample(self, probabilities):
                weights = []
                for priority in tf.unstack(probabilities):
                    weights.append((1.0 / self.memory_size / priority) ** -self.beta)
                return tf.stack(weights)

        weights = RankedMemory(_SIZE, _BETA).sample(b["prob"])
        q_next = tf.reduce_max(b["obs2"] @ target_w, axis=1)
        q_values = tf.gather(b["obs"] @ w + bias, b["act"], batch_dims=1)
        td_error = b["rew"] + _GAMMA * q_next - q_values
        return tf.reduce_mean(weights * tf.square(td_error))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
