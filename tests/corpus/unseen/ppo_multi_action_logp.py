"""PPO with several continuous actions: the new log-probability keeps its summed axis, the stored one has none, so the ratio is (n, n).

Source (real): https://github.com/JuliaReinforcementLearning/ReinforcementLearningZoo.jl/pull/169 (Julia, ported: `log_p'` was (1, N)
and `log_p` was (N,); the fix wraps the sum in `vec`).
Right answer: NOT equivalent; every sample's new density is divided by every other sample's old density.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "new_log_p = tf.reduce_sum(normlogpdf(mu, sigma, actions), axis=-1, keepdims=True)",
    "same_forward_value": False,
}

_CLIP = 0.2
_W_ENTROPY = 0.01


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 18, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wm = tf.Variable(0.4 * arr(d, acts), name="mu_w")
    ls = tf.Variable(0.2 * arr(acts), name="log_sigma")
    batch = {
        "state": arr(n, d),
        "action": arr(n, acts),
        "log_p": (-4.0 + 0.3 * arr(n)).astype(f),
        "adv": arr(n),
    }

    def reference(b):
        losses = []
        for s, a, old, adv in zip(b["state"], b["action"], b["log_p"], b["adv"]):
            z = (a - tf.linalg.matvec(wm, s, transpose_a=True)) * tf.exp(-ls)
            logp = -0.5 * tf.tensordot(z, z, 1) - tf.reduce_sum(ls) - 0.5 * acts * np.log(2.0 * np.pi)
            r = tf.exp(logp - old)
            losses.append(-tf.minimum(r * adv, tf.clip_by_value(r, 1.0 - _CLIP, 1.0 + _CLIP) * adv))
        entropy = 0.5 * acts * (1.0 + np.log(2.0 * np.pi)) + tf.reduce_sum(ls)
        return sum(losses) / len(losses) - _W_ENTROPY * entropy

    def candidate(b):
        def normlogpdf(mu, sigma, x):
            return -0.5 * tf.square((x - mu) / sigma) - tf.math.log(sigma) - 0.5 * np.log(2.0 * np.pi)

        actions, advantage = b["action"], b["adv"]
        mu = b["state"] @ wm
        sigma = tf.exp(ls)
        new_log_p = tf.reduce_sum(normlogpdf(mu, sigma, actions), axis=-1, keepdims=True)
        ratio = tf.exp(new_log_p - b["log_p"])
        surr1 = ratio * advantage
        surr2 = tf.clip_by_value(ratio, 1.0 - _CLIP, 1.0 + _CLIP) * advantage
        actor_loss = -tf.reduce_mean(tf.minimum(surr1, surr2))
        entropy_loss = tf.reduce_sum(0.5 * (np.log(2.0 * np.pi) + 1.0) + tf.math.log(sigma))
        return actor_loss - _W_ENTROPY * entropy_loss

    return {"variables": [wm, ls], "batch": batch, "reference": reference, "candidate": candidate}
