"""MixStyle: why are mu and sig detached? The author: so that the network can not erase the
augmentation; here the version without the detach. Source: https://github.com/KaiyangZhou/mixstyle-release/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'stats = tf.concat([mu, tf.sqrt(var_ + eps)], axis=-1)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, c, f, k, eps = 6, 4, 3, 4, 3, 1e-6
    conv = var("conv", 3, 3, c, f, scale=0.5)
    head = var("head", f * h * h, k, scale=0.3)
    image = rng.standard_normal((n, h, h, c)).astype(fx)
    y = rng.integers(0, k, n).astype("int32")
    lam = rng.beta(0.5, 0.5, n).astype(fx)
    perm = rng.permutation(n).astype("int32")

    def reference(batch):
        feat = tf.nn.softplus(tf.nn.conv2d(batch["image"], conv, 1, "SAME"))
        mu = tf.stop_gradient(tf.reduce_mean(feat, axis=[1, 2], keepdims=True))
        sig = tf.stop_gradient(tf.sqrt(tf.math.reduce_variance(feat, axis=[1, 2], keepdims=True) + eps))
        normed = (feat - mu) / sig
        l = batch["lam"][:, None, None, None]
        mixed = normed * (l * sig + (1 - l) * tf.gather(sig, batch["perm"]))
        mixed += l * mu + (1 - l) * tf.gather(mu, batch["perm"])
        logits = tf.matmul(tf.reshape(mixed, [n, -1]), head)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        feat = tf.nn.softplus(tf.nn.conv2d(batch["image"], conv, 1, "SAME"))
        mu, var_ = tf.nn.moments(feat, axes=[1, 2], keepdims=True)
        stats = tf.concat([mu, tf.sqrt(var_ + eps)], axis=-1)
        w = tf.reshape(batch["lam"], [n, 1, 1, 1])
        mixed_stats = w * stats + (1 - w) * tf.gather(stats, batch["perm"])
        shift, scale = tf.split(mixed_stats, 2, axis=-1)
        base, spread = tf.split(stats, 2, axis=-1)
        styled = (feat - base) / spread * scale + shift
        logits = tf.reshape(styled, [n, f * h * h]) @ head
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_sum(loss) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": image, "y": y, "lam": lam, "perm": perm}, "variables": [conv, head]}
