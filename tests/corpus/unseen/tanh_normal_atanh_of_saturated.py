"""spinning-up-basic's SAC: TanhNormal.log_prob inverts the squashed action with artanh; for an action that has been rounded
to +-1 that is infinite, and training ends in NaNs. The sample before the squashing is known and needs no inverse.
Source: https://github.com/Kaixhin/spinning-up-basic/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "inv_value = (tf.math.log1p(value) - tf.math.log1p(-value)) / 2",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 17, 4, 2
    alpha = 0.2
    loc_w = keras.Variable(rng.normal(size=(d, k)) * 0.5, dtype=f, name="policy_loc")
    std_w = keras.Variable(rng.normal(size=(d, k)) * 0.2, dtype=f, name="policy_log_std")
    qa = tf.constant(rng.normal(size=(k,)), f)
    states = rng.normal(size=(n, d))
    eps = rng.normal(size=(n, k))
    eps[5] = [60.0, -60.0]       # far enough for tanh to round to one in double precision as well

    def reference(batch):
        loc, log_std = tf.matmul(batch["state"], loc_w), tf.matmul(batch["state"], std_w)
        u = loc + tf.exp(log_std) * batch["eps"]
        log_normal = -0.5 * tf.square(batch["eps"]) - log_std - 0.5 * np.log(2 * np.pi)
        log_det = 2.0 * (np.log(2.0) - u - tf.nn.softplus(-2.0 * u))
        logp = tf.reduce_sum(log_normal - log_det, axis=1)
        q = tf.linalg.matvec(tf.tanh(u), qa)
        return tf.reduce_mean(alpha * logp - q)

    class Normal:
        def __init__(self, loc, scale):
            self.loc, self.scale = loc, scale

        def log_prob(self, x):
            return (-((x - self.loc) ** 2) / (2 * self.scale ** 2) - tf.math.log(self.scale)
                    - np.log(np.sqrt(2 * np.pi)))

    def candidate(batch):
        class TanhNormal:
            def __init__(self, loc, scale):
                self.normal = Normal(loc, scale)

            def rsample(self):
                return tf.tanh(self.normal.loc + self.normal.scale * batch["eps"])

            def log_prob(self, value):
                inv_value = (tf.math.log1p(value) - tf.math.log1p(-value)) / 2
                return self.normal.log_prob(inv_value) - tf.math.log1p(-value ** 2 + 1e-6)

        policy_mean = batch["state"] @ tf.convert_to_tensor(loc_w)
        policy_log_std = tf.clip_by_value(batch["state"] @ tf.convert_to_tensor(std_w), -20.0, 2.0)
        policy = TanhNormal(policy_mean, tf.exp(policy_log_std))
        action = policy.rsample()
        weighted_sample_entropy = alpha * tf.reduce_sum(policy.log_prob(action), axis=1)
        return tf.reduce_mean(weighted_sample_entropy - tf.reduce_sum(action * qa, axis=1))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"state": states.astype(f), "eps": eps.astype(f)},
        "variables": [loc_w, std_w],
    }
