"""WMCLSTM cell: the output gate's memory connection reads the previous cell state, the paper the new one.
Source: https://github.com/MartinuzziFrancesco/RecurrentLayers.jl/issues/130"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'memory_o = tf.tanh(c @ wm[2])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, d, h = 4, 5, 3, 4
    wx = tf.Variable(normal(d, 4 * h, scale=0.6), name="wx")
    wh = tf.Variable(normal(h, 4 * h, scale=0.6), name="wh")
    wm = tf.Variable(normal(3, h, h, scale=0.8), name="wm")

    def reference(batch):
        c_prev = tf.zeros((n, h), wx.dtype)
        h_prev = tf.zeros((n, h), wx.dtype)
        for t in range(T):
            zi, zf, zo, zg = tf.split(batch["x"][:, t] @ wx + h_prev @ wh, 4, axis=-1)
            i_gate = tf.sigmoid(zi + tf.tanh(c_prev @ wm[0]))
            f_gate = tf.sigmoid(zf + tf.tanh(c_prev @ wm[1]))
            c_new = f_gate * c_prev + i_gate * tf.tanh(zg)
            o_gate = tf.sigmoid(zo + tf.tanh(c_new @ wm[2]))
            h_prev, c_prev = o_gate * tf.tanh(c_new), c_new
        return tf.reduce_mean(tf.square(h_prev - batch["y"]))

    def candidate(batch):
        def cell(x, state):
            hidden, c = state
            gxs = tf.split(x @ wx, 4, axis=-1)
            ghs = tf.split(hidden @ wh, 4, axis=-1)
            memory_i = tf.tanh(c @ wm[0])
            memory_f = tf.tanh(c @ wm[1])
            memory_o = tf.tanh(c @ wm[2])
            input_gate = tf.sigmoid(gxs[0] + ghs[0] + memory_i)
            forget_gate = tf.sigmoid(gxs[1] + ghs[1] + memory_f)
            new_cell = forget_gate * c + input_gate * tf.tanh(gxs[3] + ghs[3])
            output_gate = tf.sigmoid(gxs[2] + ghs[2] + memory_o)
            return output_gate * tf.tanh(new_cell), new_cell

        state = (tf.zeros((n, h), wx.dtype), tf.zeros((n, h), wx.dtype))
        for x in tf.unstack(batch["x"], axis=1):
            state = cell(x, state)
        return tf.reduce_mean((state[0] - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, d), "y": normal(n, h)}, "variables": [wx, wh, wm]}
