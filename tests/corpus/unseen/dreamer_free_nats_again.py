"""Dreamer caps the KL by the free nats after averaging; the original repo caps every time step first. Below the cap the
prior gets no gradient at all. Source: https://github.com/danijar/dreamer/issues/53"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "div = tf.maximum(tf.reduce_mean(div), free_nats)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, d, z, kl_scale = 3, 4, 4, 2, 0.7
    w_prior = tf.Variable((0.4 * rng.normal(size=(d, 2 * z))).astype(fx), name="prior")
    w_post = tf.Variable((0.4 * rng.normal(size=(d, 2 * z))).astype(fx), name="posterior")
    w_dec = tf.Variable(rng.normal(size=(z, d)).astype(fx), name="decoder")
    size = np.where(rng.permutation(b * t) % 3 == 0, 3.0, 0.3).reshape(b, t, 1)
    obs, deter = size * rng.normal(size=(b, t, d)), size * rng.normal(size=(b, t, d))

    def stats(x, w):
        mean, raw = tf.split(tf.matmul(x, w), 2, axis=-1)
        return mean, tf.nn.softplus(raw) + 0.1

    def kl_np():
        (m1, s1), (m2, s2) = ([v.numpy() for v in stats(tf.constant(x.astype(fx)), w)]
                              for x, w in ((obs, w_post), (deter, w_prior)))
        return (np.log(s2 / s1) + (s1 ** 2 + (m1 - m2) ** 2) / (2 * s2 ** 2) - 0.5).sum(-1)

    free_nats = float(1.2 * kl_np().mean())

    def reference(batch):
        (m1, s1), (m2, s2) = stats(batch["obs"], w_post), stats(batch["deter"], w_prior)
        rec, kl_sum = 0.0, 0.0
        for i in range(b):
            for k in range(t):
                sample = m1[i, k] + s1[i, k] * batch["eps"][i, k]
                err = batch["obs"][i, k] - tf.linalg.matvec(w_dec, sample, transpose_a=True)
                rec += 0.5 * tf.reduce_sum(err ** 2)
                kl = tf.math.log(s2[i, k] / s1[i, k]) - 0.5
                kl += (s1[i, k] ** 2 + (m1[i, k] - m2[i, k]) ** 2) / (2 * s2[i, k] ** 2)
                kl_sum += tf.maximum(tf.reduce_sum(kl), free_nats)
        return (rec + kl_scale * kl_sum) / (b * t)

    def candidate(batch):
        post_mean, post_std = stats(batch["obs"], w_post)
        prior_mean, prior_std = stats(batch["deter"], w_prior)
        feat = post_mean + post_std * batch["eps"]
        image_pred = tf.einsum("btz,zd->btd", feat, w_dec)
        image_loss = tf.reduce_mean(0.5 * tf.reduce_sum(tf.square(batch["obs"] - image_pred), axis=-1))
        ratio = (tf.square(post_std) + tf.square(post_mean - prior_mean)) / (2.0 * tf.square(prior_std))
        div = tf.reduce_sum(tf.math.log(prior_std) - tf.math.log(post_std) + ratio - 0.5, axis=-1)
        div = tf.maximum(tf.reduce_mean(div), free_nats)
        return image_loss + kl_scale * div

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": obs.astype(fx), "deter": deter.astype(fx), "eps": rng.normal(size=(b, t, z)).astype(fx)},
            "variables": [w_prior, w_post, w_dec]}
