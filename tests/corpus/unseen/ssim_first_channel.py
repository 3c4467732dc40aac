"""SSIM of three-channel images is computed on the first channel only. Source: https://github.com/open-mmlab/mmagic/issues/1342"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'a, b = pred[..., :1], target[..., :1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, h, c = 3, 7, 3
    feats = normal(n, h, h, 4)
    target_np = rng.random((n, h, h, c)).astype(fx)
    sample_weight = np.array([1.0, 0.5, 2.0]).astype(fx)
    kernel = var("kernel", 4, c, scale=0.5)
    c1, c2 = 0.01 ** 2, 0.03 ** 2

    def reference(batch):
        pred = tf.sigmoid(batch["feats"] @ kernel)
        scores = []
        for i in range(n):
            per_channel = []
            for k in range(c):
                p = pred[i, :, :, k][None, :, :, None]
                q = batch["target"][i, :, :, k][None, :, :, None]
                def blur(z):
                    return tf.nn.avg_pool2d(z, 3, 1, "VALID")
                mp, mq = blur(p), blur(q)
                vp, vq, cov = blur(p * p) - mp ** 2, blur(q * q) - mq ** 2, blur(p * q) - mp * mq
                s = (2 * mp * mq + c1) * (2 * cov + c2) / ((mp ** 2 + mq ** 2 + c1) * (vp + vq + c2))
                per_channel.append(tf.reduce_mean(s))
            scores.append(tf.add_n(per_channel) / c)
        return tf.reduce_mean((1.0 - tf.stack(scores)) * batch["sample_weight"])

    def candidate(batch):
        pred = tf.sigmoid(tf.einsum("nhwd,dc->nhwc", batch["feats"], kernel))
        target = batch["target"]
        a, b = pred[..., :1], target[..., :1]
        pool = lambda z: tf.nn.avg_pool2d(z, ksize=3, strides=1, padding="VALID")
        mu_a, mu_b = pool(a), pool(b)
        sigma_a = pool(tf.square(a)) - tf.square(mu_a)
        sigma_b = pool(tf.square(b)) - tf.square(mu_b)
        sigma_ab = pool(a * b) - mu_a * mu_b
        num = (2.0 * mu_a * mu_b + c1) * (2.0 * sigma_ab + c2)
        den = (tf.square(mu_a) + tf.square(mu_b) + c1) * (sigma_a + sigma_b + c2)
        ssim = tf.reduce_mean(num / den, axis=[1, 2, 3])
        return tf.reduce_mean(batch["sample_weight"] * (1.0 - ssim))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "target": target_np, "sample_weight": sample_weight}, "variables": [kernel]}
