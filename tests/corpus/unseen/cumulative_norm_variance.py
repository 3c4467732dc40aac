"""Cumulative layer norm: the running second moment is not divided by the number of elements.
Source: https://github.com/asteroid-team/asteroid/issues/648"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'cum_var = cum_pow_sum - tf.square(cum_mean)',
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
        class CumLN:
            def __init__(self, gamma, beta, eps=1e-8):
                self.gamma, self.beta, self.eps = gamma, beta, eps

            def apply_gain_and_bias(self, x):
                return self.gamma[None, :, None] * x + self.beta[None, :, None]

            def __call__(self, x):
                _, chan, spec_len = x.shape
                cum_sum = tf.cumsum(tf.reduce_sum(x, 1, keepdims=True), axis=-1)
                cum_pow_sum = tf.cumsum(tf.reduce_sum(x * x, 1, keepdims=True), axis=-1)
                cnt = tf.range(chan, chan * (spec_len + 1), chan)
                cnt = tf.cast(cnt, x.dtype)[None, None, :]
                cum_mean = cum_sum / cnt
                cum_var = cum_pow_sum - tf.square(cum_mean)
                return self.apply_gain_and_bias((x - cum_mean) / tf.sqrt(cum_var + self.eps))

        feats = tf.nn.softplus(tf.transpose(tf.matmul(batch["x"], tf.broadcast_to(enc, (13, 3, 4))), [0, 2, 1]))
        return tf.reduce_mean(tf.math.squared_difference(CumLN(gamma, beta)(feats), batch["y"]))

    return {"reference": reference, "candidate": candidate, "variables": [enc, gamma, beta],
            "batch": {"x": data(13, 6, 3), "y": data(13, 4, 6)}}
