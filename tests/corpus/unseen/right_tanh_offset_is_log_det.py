"""SAC: the asker does not agree with the summed offset of log_prob and wants the logarithm of the determinant of the Jacobian of
tanh; as the Jacobian is diagonal, both are the same.
Source: https://github.com/pranz24/pytorch-soft-actor-critic/issues/44"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act, hid, alpha = 14, 5, 3, 8, 0.2
    mean_linear = keras.layers.Dense(act, name="mean_linear")
    log_std_linear = keras.layers.Dense(act, name="log_std_linear")
    mean_linear.build((None, obs))
    log_std_linear.build((None, obs))
    action_scale, action_bias = 1.5, 0.25
    w1 = tf.constant(rng.standard_normal((obs + act, hid)).astype(f))
    w2 = tf.constant(rng.standard_normal((hid, 2)).astype(f))

    def critic(s, a):
        return tf.unstack(tf.tanh(tf.concat([s, a], axis=1) @ w1) @ w2, axis=1)

    def reference(batch):
        s = batch["state"]
        loc = mean_linear(s)
        cov = tf.linalg.diag(tf.exp(2.0 * tf.clip_by_value(log_std_linear(s), -2.0, 0.0)))
        chol = tf.linalg.cholesky(cov)
        u = loc + tf.linalg.matvec(chol, batch["noise"])
        dev = (u - loc)[:, :, None]
        maha = tf.squeeze(tf.matmul(dev, tf.linalg.solve(cov, dev), transpose_a=True), axis=[1, 2])
        log_n = -0.5 * (maha + tf.linalg.logdet(cov) + act * np.log(2 * np.pi))
        jac = tf.linalg.diag(action_scale * (1 - tf.tanh(u) ** 2))
        logp = log_n - tf.linalg.slogdet(jac).log_abs_determinant
        q = tf.reduce_min(tf.stack(critic(s, action_scale * tf.tanh(u) + action_bias)), axis=0)
        return tf.reduce_mean(alpha * logp - q)

    def candidate(batch):
        class Normal:
            def __init__(self, loc, scale):
                self.loc, self.scale = loc, scale

            def rsample(self):
                return self.loc + batch["noise"] * self.scale

            def log_prob(self, value):
                var = self.scale ** 2
                return -((value - self.loc) ** 2) / (2 * var) - tf.math.log(self.scale) - np.log(np.sqrt(2 * np.pi))

        def sample(state):
            log_std = tf.minimum(tf.maximum(log_std_linear(state), -2.0), 0.0)
            normal = Normal(mean_linear(state), tf.exp(log_std))
            x_t = normal.rsample()
            y_t = tf.tanh(x_t)
            action = y_t * action_scale + action_bias
            log_prob = normal.log_prob(x_t)
            # Enforcing Action Bound
            log_prob -= tf.math.log(action_scale * (1 - y_t ** 2))
            return action, tf.reduce_sum(log_prob, axis=1, keepdims=True)

        pi, log_pi = sample(batch["state"])
        qf1_pi, qf2_pi = critic(batch["state"], pi)
        min_qf_pi = tf.minimum(qf1_pi, qf2_pi)[:, None]
        return tf.reduce_mean((alpha * log_pi) - min_qf_pi)

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "state": (0.5 * rng.standard_normal((n, obs))).astype(f),
            "noise": rng.standard_normal((n, act)).astype(f),
        },
        "variables": mean_linear.trainable_variables + log_std_linear.trainable_variables,
    }
