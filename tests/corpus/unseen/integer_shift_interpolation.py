"""Registration with a learned shift that starts at zero: floor and ceil of an integer coordinate are the same pixel.

Source (real): https://github.com/google-deepmind/dm_pix/pull/126 (JAX, ported; the identity-initialised transformation
of the thread, on ramps, for which the bilinear value is differentiable everywhere).
Right answer: NOT equivalent; the value is right, but the gradient of the shift is exactly zero.
"""
import itertools

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "upper = tf.cast(tf.math.ceil(coordinates), tf.int32)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, height, width = 12, 7, 6
    shift = tf.Variable(np.zeros(2, f), name="shift")
    gain = tf.Variable(np.asarray(0.8, f), name="gain")
    slope = rng.uniform(0.2, 1.0, (n, 2))
    yy, xx = np.mgrid[0:height, 0:width]
    img = slope[:, :1, None] * yy + slope[:, 1:, None] * xx
    batch = {"img": img.astype(f), "fixed": (img[:, 1:4, 1:4] + 0.6 + 0.3 * rng.standard_normal((n, 3, 3))).astype(f)}
    grid = np.stack(np.mgrid[2:5, 2:5]).astype(f)

    def reference(b):
        total = 0.0
        m = b["img"].shape[0]
        for i in range(m):
            for r, c in itertools.product(range(3), range(3)):
                y, x = grid[0, r, c] + shift[0], grid[1, r, c] + shift[1]
                y0, x0 = int(np.floor(y.numpy())), int(np.floor(x.numpy()))
                dy, dx = y - y0, x - x0
                top = (1 - dx) * b["img"][i, y0, x0] + dx * b["img"][i, y0, x0 + 1]
                bottom = (1 - dx) * b["img"][i, y0 + 1, x0] + dx * b["img"][i, y0 + 1, x0 + 1]
                total += tf.square(gain * ((1 - dy) * top + dy * bottom) - b["fixed"][i, r, c])
        return total / (m * 9)

    def candidate(b):
        def indices_and_weights(coordinates, size):
            lower = tf.cast(tf.floor(coordinates), tf.int32)
            upper = tf.cast(tf.math.ceil(coordinates), tf.int32)
            w = coordinates - tf.cast(lower, coordinates.dtype)
            keep = [tf.clip_by_value(p, 0, size - 1) for p in (lower, upper)]
            return [(keep[0], 1 - w), (keep[1], w)]

        def linear_interpolate(volume, coordinates):
            per_dim = [indices_and_weights(coordinates[d], volume.shape[d + 1]) for d in range(2)]
            out = 0.0
            for (iy, wy), (ix, wx) in itertools.product(*per_dim):
                flat = tf.reshape(volume, [volume.shape[0], -1])
                out += wy * wx * tf.gather(flat, iy * volume.shape[2] + ix, axis=1)
            return out

        warped = linear_interpolate(b["img"], tf.constant(grid) + shift[:, None, None])
        return tf.reduce_mean(tf.square(gain * warped - b["fixed"]))

    return {"variables": [shift, gain], "batch": batch, "reference": reference, "candidate": candidate}
