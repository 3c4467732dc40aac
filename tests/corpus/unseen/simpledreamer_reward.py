"""World model: after a refactoring the reward head is fed with detached latents, the reward no longer trains the model.
Source: https://github.com/kc-ml2/SimpleDreamer/pull/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "reward_in = tf.concat([tf.stop_gradient(z), tf.stop_gradient(det)], axis=-1)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, d, h, zdim, ad = 3, 4, 5, 4, 3, 2

    def var(name, *s):
        return tf.Variable(rng.standard_normal(s) * 0.5, dtype=fx, name=name)

    rec, prior_w, post_w = var("recurrent", h + zdim + ad, h), var("prior", h, 2 * zdim), var("posterior", h + d, 2 * zdim)
    dec, rew = var("decoder", h + zdim, d), var("reward", h + zdim, 1)

    def gaussian(x):
        m, s = tf.split(x, 2, axis=-1)
        return m, tf.nn.softplus(s) + 0.1

    def kl(m1, s1, m2, s2):
        return tf.reduce_sum(tf.math.log(s2 / s1) + (s1 ** 2 + (m1 - m2) ** 2) / (2 * s2 ** 2) - 0.5, -1)

    def reference(batch):
        deter, stoch = tf.zeros([B, h], rec.dtype), tf.zeros([B, zdim], rec.dtype)
        loss = 0.0
        for t in range(T):
            deter = tf.tanh(tf.concat([deter, stoch, batch["act"][:, t]], 1) @ rec)
            m0, s0 = gaussian(deter @ prior_w)
            m1, s1 = gaussian(tf.concat([deter, batch["obs"][:, t]], 1) @ post_w)
            stoch = m1 + s1 * batch["eps"][:, t]
            feat = tf.concat([stoch, deter], 1)
            loss += tf.reduce_mean(kl(m1, s1, m0, s0))
            loss += 0.5 * tf.reduce_mean(tf.reduce_sum((feat @ dec - batch["obs"][:, t]) ** 2, -1))
            loss += 0.5 * tf.reduce_mean(((feat @ rew)[:, 0] - batch["rew"][:, t]) ** 2)
        return loss / T

    def candidate(batch):
        deters, posts, kls = [], [], []
        det, z = tf.zeros([B, h], rec.dtype), tf.zeros([B, zdim], rec.dtype)
        for t in range(T):
            det = tf.tanh(tf.matmul(tf.concat([det, z, batch["act"][:, t]], axis=1), rec))
            prior = gaussian(tf.matmul(det, prior_w))
            post = gaussian(tf.matmul(tf.concat([det, batch["obs"][:, t]], axis=1), post_w))
            z = post[0] + post[1] * batch["eps"][:, t]
            deters.append(det)
            posts.append(z)
            kls.append(kl(*post, *prior))
        det, z = tf.stack(deters, axis=1), tf.stack(posts, axis=1)
        recon = tf.matmul(tf.concat([z, det], axis=-1), dec)
        reward_in = tf.concat([tf.stop_gradient(z), tf.stop_gradient(det)], axis=-1)
        reward = tf.squeeze(tf.matmul(reward_in, rew), axis=-1)
        reconstruction_loss = 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(recon - batch["obs"]), axis=-1))
        reward_loss = 0.5 * tf.reduce_mean(tf.square(reward - batch["rew"]))
        return reconstruction_loss + reward_loss + tf.reduce_mean(tf.stack(kls, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((B, T, d)).astype(fx), "act": rng.standard_normal((B, T, ad)).astype(fx),
                      "eps": rng.standard_normal((B, T, zdim)).astype(fx), "rew": 3 * rng.standard_normal((B, T)).astype(fx)},
            "variables": [rec, prior_w, post_w, dec, rew]}
