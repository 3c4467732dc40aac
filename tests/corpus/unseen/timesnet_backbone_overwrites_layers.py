"""TimesNet backbone: in the loop over the layers every layer is applied to the input X and the result of the one before
is overwritten; only the last layer is used.
Source: https://github.com/WenjieDu/PyPOTS/issues/753"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "enc_out = layer_norm(model[i](X))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, steps, d_in, d = 16, 9, 4, 6
    embed, proj = var("embed", d_in, d), var("proj", d, 2)
    chan = [var(f"chan{i}", d, d) for i in range(3)]
    mix = [var(f"mix{i}", steps, steps, scale=0.3) for i in range(3)]
    batch = {
        "x": rng.standard_normal((n, steps, d_in)).astype(f),
        "y": rng.standard_normal((n, steps, 2)).astype(f),
    }

    def reference(batch):
        def norm(t):
            mean, variance = tf.nn.moments(t, [-1], keepdims=True)
            return (t - mean) / tf.sqrt(variance + 1e-5)

        h = batch["x"] @ embed
        for a, m in zip(chan, mix):
            h = norm(h + tf.nn.gelu(tf.einsum("st,btd->bsd", m, h) @ a))
        return tf.reduce_mean((h @ proj - batch["y"]) ** 2)

    def candidate(batch):
        class TimesBlock:
            def __init__(self, time_w, channel_w):
                self.time_w, self.channel_w = time_w, channel_w

            def __call__(self, x):
                mixed = tf.matmul(tf.broadcast_to(self.time_w, [x.shape[0], steps, steps]), x)
                return x + tf.nn.gelu(tf.matmul(mixed, self.channel_w))

        def layer_norm(t):
            centred = t - tf.reduce_mean(t, -1, keepdims=True)
            return centred * tf.math.rsqrt(tf.reduce_mean(centred ** 2, -1, keepdims=True) + 1e-5)

        model = [TimesBlock(m, c) for m, c in zip(mix, chan)]
        X = tf.tensordot(batch["x"], embed, 1)
        for i in range(len(model)):
            enc_out = layer_norm(model[i](X))
        dec_out = tf.tensordot(enc_out, proj, 1)
        return tf.reduce_mean(tf.math.squared_difference(dec_out, batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [embed, proj] + chan + mix}
