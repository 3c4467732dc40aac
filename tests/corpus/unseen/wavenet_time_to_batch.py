"""The dilated causal convolution folds time into the batch by a plain reshape, with no transpose.
Source: https://github.com/ibab/tensorflow-wavenet/issues/29"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'folded = tf.reshape(value, [-1, steps // dilation, c_in])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, c_in, c_out, dil = 3, 12, 2, 4, 3
    filt = var("filt", 2, c_in, c_out)
    gate = var("gate", 2, c_in, c_out)
    post = var("post", c_out, 1)

    def finish(a, b, batch):
        y = tf.squeeze(tf.tanh(a) * tf.sigmoid(b) @ post, -1)
        return tf.reduce_mean((y[:, dil:] - batch["y"][:, dil:]) ** 2)

    def reference(batch):
        x = tf.pad(batch["x"], [[0, 0], [dil, 0], [0, 0]])
        past, now = x[:, :-dil], x[:, dil:]
        f_out = past @ filt[0] + now @ filt[1]
        g_out = past @ gate[0] + now @ gate[1]
        return finish(f_out, g_out, batch)

    def candidate(batch):
        def causal_conv(value, kernel, dilation):
            steps = value.shape[1]
            folded = tf.reshape(value, [-1, steps // dilation, c_in])
            padded = tf.pad(folded, [[0, 0], [1, 0], [0, 0]])
            conv = tf.nn.conv1d(padded, kernel, stride=1, padding="VALID")
            conv = tf.reshape(conv, [-1, dilation, steps // dilation, c_out])
            return tf.reshape(tf.transpose(conv, [0, 2, 1, 3]), [-1, steps, c_out])

        conv_filter = causal_conv(batch["x"], filt, dil)
        conv_gate = causal_conv(batch["x"], gate, dil)
        return finish(conv_filter, conv_gate, batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, T, c_in), "y": arr(n, T)},
            "variables": [filt, gate, post]}
