"""Free nats: maximum(kl, free) and maximum(0, kl - free) have different values but the same gradient, as the author says. Source: https://github.com/danijar/dreamer/issues/45"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, E, A, S, H = 3, 4, 6, 2, 4, 8
    free_nats, kl_scale = 1.5, 1.0
    k = lambda *s: tf.Variable(rng.normal(0, 0.25, s).astype("float32"))
    w_in, u_h, w_prior, w_post, w_dec, w_rew = k(S + A, H), k(H, H), k(H, 2 * S), k(H + E, 2 * S), k(H + S, E), k(H + S, 1)

    def stats(x):
        mean, std = tf.split(x, 2, axis=-1)
        return mean, tf.nn.softplus(std) + 0.1

    def rssm(batch):
        deter, stoch = tf.zeros((B, H)), tf.zeros((B, S))
        priors, posts, feats = [], [], []
        for t in range(T):
            deter = tf.tanh(tf.concat([stoch, batch["action"][:, t]], -1) @ w_in + deter @ u_h)
            priors.append(stats(deter @ w_prior))
            posts.append(stats(tf.concat([deter, batch["embed"][:, t]], -1) @ w_post))
            stoch = posts[-1][0] + posts[-1][1] * batch["noise"][:, t]
            feats.append(tf.concat([deter, stoch], -1))
        stack = lambda pairs: tuple(tf.stack(x, axis=1) for x in zip(*pairs))
        return stack(priors), stack(posts), tf.stack(feats, axis=1)

    def kl_divergence(post, prior):
        (m0, s0), (m1, s1) = post, prior
        kl = tf.math.log(s1 / s0) + (s0 ** 2 + (m0 - m1) ** 2) / (2 * s1 ** 2) - 0.5
        return tf.reduce_sum(kl, -1)

    def likelihoods(batch, feat):
        image = 0.5 * tf.reduce_sum((feat @ w_dec - batch["embed"]) ** 2, -1)
        reward = 0.5 * ((feat @ w_rew)[..., 0] - batch["reward"]) ** 2
        return tf.reduce_mean(image) + tf.reduce_mean(reward)

    def reference(batch):
        prior, post, feat = rssm(batch)
        div = tf.maximum(kl_divergence(post, prior), free_nats)
        return kl_scale * tf.reduce_mean(div) + likelihoods(batch, feat)

    def candidate(batch):
        prior, post, feat = rssm(batch)
        div = tf.maximum(0.0, kl_divergence(post, prior) - float(free_nats))
        return kl_scale * tf.reduce_mean(div) + likelihoods(batch, feat)

    batch = {
        "embed": rng.normal(size=(B, T, E)).astype("float32"),
        "action": rng.normal(size=(B, T, A)).astype("float32"),
        "reward": rng.normal(size=(B, T)).astype("float32"),
        "noise": rng.normal(size=(B, T, S)).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [w_in, u_h, w_prior, w_post, w_dec, w_rew]}
