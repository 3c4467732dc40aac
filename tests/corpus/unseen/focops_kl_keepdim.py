"""FOCOPS policy loss of Safe-Policy-Optimization: the KL per sample is summed with keepdim=True, so (B, 1) meets (B,)
ratios and advantages and the loss becomes a (B, B) table.
Source: https://github.com/PKU-Alignment/Safe-Policy-Optimization/issues/68"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "temp_kl = tf.reduce_sum(kl_diag_normal(dist, old_dist), axis=-1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, act = 20, 6, 3
    lam, target_kl = 1.5, 0.6
    w = tf.Variable(rng.normal(size=(obs, act)).astype(f) * 0.3, name="actor_w")
    b = tf.Variable(rng.normal(size=(act,)).astype(f) * 0.1, name="actor_b")
    log_std = tf.Variable(np.full((act,), -0.2, dtype=f), name="actor_log_std")
    x = rng.normal(size=(n, obs)).astype(f)
    old_mean = (x @ w.numpy() + rng.normal(size=(n, act)) * 0.5).astype(f)
    batch = {
        "obs": x,
        "act": (old_mean + rng.normal(size=(n, act))).astype(f),
        "old_mean": old_mean,
        "adv": rng.normal(size=(n,)).astype(f),
    }

    def log_normal(a, mean, ls):
        z = (a - mean) * tf.exp(-ls)
        return -0.5 * z * z - ls - 0.5 * np.log(2 * np.pi).astype(f)

    def reference(batch):
        mean = tf.linalg.matmul(batch["obs"], w) + b
        logp_new = tf.reduce_sum(log_normal(batch["act"], mean, log_std), axis=1)
        logp_old = tf.reduce_sum(log_normal(batch["act"], batch["old_mean"], tf.zeros_like(log_std)), axis=1)
        var_ratio = tf.exp(2.0 * log_std)
        d2 = tf.square(mean - batch["old_mean"])
        kl = tf.reduce_sum(0.5 * (var_ratio + d2 - 1.0) - log_std, axis=1)
        inside = tf.cast(kl <= target_kl, f)
        total = tf.einsum("i,i->", kl, inside)
        total -= tf.einsum("i,i,i->", tf.exp(logp_new - logp_old), batch["adv"], inside) / lam
        return total / n

    class Normal:
        def __init__(self, loc, log_scale):
            self.loc, self.log_scale = loc, log_scale

        def log_prob(self, value):
            return log_normal(value, self.loc, self.log_scale)

    def kl_diag_normal(p, q):
        r = tf.exp(2.0 * (p.log_scale - q.log_scale))
        t = tf.square((p.loc - q.loc) / tf.exp(q.log_scale))
        return 0.5 * (r + t - 1.0 - tf.math.log(r))

    def candidate(batch):
        dist = Normal(batch["obs"] @ w + b, log_std)
        old_dist = Normal(batch["old_mean"], tf.zeros_like(log_std))
        log_prob = tf.reduce_sum(dist.log_prob(batch["act"]), axis=-1)
        log_prob_b = tf.reduce_sum(old_dist.log_prob(batch["act"]), axis=-1)
        ratio = tf.exp(log_prob - log_prob_b)
        temp_kl = tf.reduce_sum(kl_diag_normal(dist, old_dist), axis=-1, keepdims=True)
        keep = tf.cast(tf.stop_gradient(temp_kl) <= target_kl, f)
        loss_pi = (temp_kl - (1.0 / lam) * ratio * batch["adv"]) * keep
        return tf.reduce_mean(loss_pi)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b, log_std]}
