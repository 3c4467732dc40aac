"""A layer called cumulative layer norm uses the channel statistics of each frame alone instead of those of all frames so far.
Source: https://github.com/speechbrain/speechbrain/issues/1772"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'mean, var_ = tf.nn.moments(x, axes=[-1], keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(rng.normal(0.0, scale, shape).astype(f), name=name)

    def data(*shape):
        return rng.normal(size=shape).astype(f)

    enc, gamma = var("encoder", 3, 4), tf.Variable((1 + 0.1 * rng.normal(size=4)).astype(f), name="gamma")
    beta = var("beta", 4)

    def reference(batch, eps=1e-8):
        h = tf.nn.softplus(tf.einsum("btd,dc->bct", batch["x"], enc))
        frames = []
        for t in range(6):
            past = h[:, :, :t + 1]
            m = tf.reduce_mean(past, [1, 2])[:, None]
            v = tf.reduce_mean((past - m[:, :, None]) ** 2, [1, 2])[:, None]
            frames.append(gamma * (h[:, :, t] - m) / tf.sqrt(v + eps) + beta)
        return tf.reduce_mean((tf.stack(frames, 2) - batch["y"]) ** 2)

    def candidate(batch):
        class CumulativeLayerNorm:
            def __init__(self, weight, bias, eps=1e-8):
                self.weight, self.bias, self.eps = weight, bias, eps

            def __call__(self, x):
                x = tf.transpose(x, [0, 2, 1])
                mean, var_ = tf.nn.moments(x, axes=[-1], keepdims=True)
                x = (x - mean) * tf.math.rsqrt(var_ + self.eps)
                if self.weight is not None:
                    x = x * self.weight + self.bias
                return tf.transpose(x, [0, 2, 1])

        norm = CumulativeLayerNorm(gamma, beta)
        out = norm(tf.transpose(tf.nn.softplus(tf.tensordot(batch["x"], enc, 1)), [0, 2, 1]))
        return tf.reduce_sum((out - batch["y"]) ** 2) / (13 * 4 * 6)

    return {"reference": reference, "candidate": candidate, "variables": [enc, gamma, beta],
            "batch": {"x": data(13, 6, 3), "y": data(13, 4, 6)}}
