"""The TV loss of the appearance planes is added onto the density's TV loss, which had been added to the
total already: density is punished twice. Source: https://github.com/apchenstu/TensoRF/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss_tv = loss_tv + tv_app * 0.3',
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

    r, c, n = 5, 2, 6
    rays = rng.integers(0, r, (n, 2)).astype("int32")
    colour = normal(n)
    valid = np.array([1, 1, 0, 1, 1, 1]).astype(fx)
    density, app = var("density", c, r, r), var("app", c, r, r)

    def reference(batch):
        def tv(planes):
            out = 0.0
            for k in range(c):
                dh = planes[k, 1:, :] - planes[k, :-1, :]
                dw = planes[k, :, 1:] - planes[k, :, :-1]
                out += (tf.reduce_mean(dh ** 2) + tf.reduce_mean(dw ** 2)) / c
            return out
        sigma = tf.stack([tf.gather_nd(density[k], batch["rays"]) for k in range(c)])
        rgb = tf.stack([tf.gather_nd(app[k], batch["rays"]) for k in range(c)])
        pred = tf.reduce_sum(tf.nn.softplus(sigma) * rgb, 0)
        data = tf.reduce_sum(batch["valid"] * (pred - batch["colour"]) ** 2) / tf.reduce_sum(batch["valid"])
        return data + 0.5 * tv(density) + 0.3 * tv(app)

    def candidate(batch):
        def tv_loss(x):
            h_tv = tf.reduce_mean(tf.square(x[:, 1:, :] - x[:, :-1, :]))
            w_tv = tf.reduce_mean(tf.square(x[:, :, 1:] - x[:, :, :-1]))
            return h_tv + w_tv

        feats = tf.gather_nd(tf.transpose(density, [1, 2, 0]), batch["rays"])
        shade = tf.gather_nd(tf.transpose(app, [1, 2, 0]), batch["rays"])
        rgb_map = tf.reduce_sum(tf.nn.softplus(feats) * shade, axis=-1)
        total_loss = tf.reduce_sum(tf.square(rgb_map - batch["colour"]) * batch["valid"]) / tf.reduce_sum(batch["valid"])
        tv_density, tv_app = tv_loss(density), tv_loss(app)
        loss_tv = tv_density * 0.5
        total_loss = total_loss + loss_tv
        loss_tv = loss_tv + tv_app * 0.3
        return total_loss + loss_tv

    return {"reference": reference, "candidate": candidate,
            "batch": {"rays": rays, "colour": colour, "valid": valid}, "variables": [density, app]}
