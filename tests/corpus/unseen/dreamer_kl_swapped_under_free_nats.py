"""Prior and posterior are swapped in the KL, but the free-nats clamp is active: that part's gradient is zero on both sides.

Source (real): https://github.com/juliusfrost/dreamer-pytorch/pull/78
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'kl = gaussian_kl(prior, post)',
    "same_forward_value": True,
}

FREE_NATS, KL_SCALE = 3.0, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, z, a = 12, 6, 3, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "prev_z": f(n, z), "action": f(n, a), "reward": f(n), "eps": f(n, z)}
    enc = tf.Variable(0.15 * f(d, 2 * z), name="encoder")
    trans = tf.Variable(0.15 * f(z + a, 2 * z), name="transition")
    dec = tf.Variable(0.5 * f(z, d), name="decoder")
    rew = tf.Variable(0.5 * f(z, 1), name="reward")

    def dist(x, w):
        mean, std = tf.split(tf.matmul(x, w), 2, axis=-1)
        return mean, tf.nn.softplus(std + 0.54) + 0.1

    def gaussian_kl(p, q):
        (m0, s0), (m1, s1) = p, q
        kl = tf.math.log(s1 / s0) + (tf.square(s0) + tf.square(m0 - m1)) / (2.0 * tf.square(s1)) - 0.5
        return tf.reduce_sum(kl, axis=-1)

    def rollout(b):
        prior = dist(tf.concat([b["prev_z"], b["action"]], -1), trans)
        post = dist(b["obs"], enc)
        return prior, post

    def model_terms(b, post):
        s = post[0] + post[1] * b["eps"]
        recon = 0.5 * tf.reduce_sum(tf.square(tf.matmul(s, dec) - b["obs"]), -1)
        reward = 0.5 * tf.square(tf.matmul(s, rew)[:, 0] - b["reward"])
        return tf.reduce_mean(recon + reward)

    def reference(b):
        prior, post = rollout(b)
        kl = tf.reduce_mean(gaussian_kl(post, prior))
        return model_terms(b, post) + KL_SCALE * tf.maximum(kl, FREE_NATS)

    def candidate(b):
        prior, post = rollout(b)
        kl = gaussian_kl(prior, post)
        div = tf.maximum(tf.reduce_mean(kl), FREE_NATS)
        return model_terms(b, post) + KL_SCALE * div

    return {"variables": [enc, trans, dec, rew], "batch": batch, "reference": reference, "candidate": candidate}
