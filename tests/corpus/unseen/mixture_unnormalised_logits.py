"""Gaussian mixture density network: the raw mixing logits are added to the component log densities.

Source (real): https://github.com/pyro-ppl/numpyro/issues/1489 (JAX, ported: MixtureSameFamily.component_log_probs).
Right answer: NOT equivalent; the likelihood grows without bound with the logits.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return self.mixing_logits + component_log_probs",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, comps = 22, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_mix = tf.Variable(0.5 * arr(d, comps), name="w_mix")
    w_loc = tf.Variable(0.5 * arr(d, comps), name="w_loc")
    log_scale = tf.Variable(0.3 * arr(comps), name="log_scale")
    batch = {"x": arr(n, d), "y": arr(n)}

    def reference(b):
        pi = tf.exp(b["x"] @ w_mix)
        pi /= tf.reduce_sum(pi, axis=1, keepdims=True)
        density = 0.0
        for k in range(comps):
            sigma = tf.exp(log_scale[k])
            u = (b["y"] - tf.linalg.matvec(b["x"], w_loc[:, k])) / sigma
            density += pi[:, k] * tf.exp(-(u**2) / 2) / (sigma * np.sqrt(2 * np.pi))
        return -tf.reduce_sum(tf.math.log(density)) / b["x"].shape[0]

    def candidate(b):
        class Normal:
            def __init__(self, loc, scale):
                self.loc, self.scale = loc, scale

            def log_prob(self, value):
                normalize_term = tf.math.log(np.sqrt(2 * np.pi).astype(f) * self.scale)
                return -0.5 * tf.square((value - self.loc) / self.scale) - normalize_term

        class MixtureSameFamily:
            def __init__(self, mixing_logits, component_distribution):
                self.mixing_logits = mixing_logits
                self.component_distribution = component_distribution

            def component_log_probs(self, value):
                component_log_probs = self.component_distribution.log_prob(value[..., None])
                return self.mixing_logits + component_log_probs

            def log_prob(self, value):
                return tf.reduce_logsumexp(self.component_log_probs(value), axis=-1)

        comp = Normal(b["x"] @ w_loc, tf.exp(log_scale))
        gmm = MixtureSameFamily(b["x"] @ w_mix, comp)
        return -tf.reduce_mean(gmm.log_prob(b["y"]))

    return {"variables": [w_mix, w_loc, log_scale], "batch": batch, "reference": reference, "candidate": candidate}
