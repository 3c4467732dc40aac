"""TCN pads both sides of the dilated convolution and chomps the right end; asked whether this is causal: it equals padding on the left only. Source: https://github.com/locuslab/TCN/issues/8"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class Chomp1d(tf.keras.layers.Layer):
    def __init__(self, chomp_size):
        super().__init__()
        self.chomp_size = chomp_size

    def call(self, x):
        return x[:, :-self.chomp_size, :]


class TemporalBlock(tf.keras.layers.Layer):
    def __init__(self, n_outputs, kernel_size, dilation, seed):
        super().__init__()
        padding = (kernel_size - 1) * dilation
        self.pad = tf.keras.layers.ZeroPadding1D(padding)
        self.conv = tf.keras.layers.Conv1D(n_outputs, kernel_size, dilation_rate=dilation,
                                           kernel_initializer=tf.keras.initializers.HeNormal(seed=seed))
        self.chomp = Chomp1d(padding)
        self.dilation, self.kernel_size = dilation, kernel_size

    def call(self, x):
        out = tf.nn.relu(self.chomp(self.conv(self.pad(x))))
        return tf.nn.relu(out + x) if x.shape[-1] == out.shape[-1] else out


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, T, c_in, ch = 3, 9, 2, 5
    blocks = [TemporalBlock(ch, 3, 2 ** i, seed + i) for i in range(3)]
    head = tf.keras.layers.Dense(1, kernel_initializer=tf.keras.initializers.GlorotNormal(seed=seed + 9))
    net = tf.keras.Sequential(blocks + [head])
    net.build((None, T, c_in))

    def causal_conv(block, x):
        kernel, d = block.conv.kernel, block.dilation
        y = block.conv.bias
        for k in range(block.kernel_size):
            shift = (block.kernel_size - 1 - k) * d
            past = tf.pad(x, [[0, 0], [shift, 0], [0, 0]])[:, :T]
            y = y + tf.einsum("ntc,co->nto", past, kernel[k])
        return y

    def reference(batch):
        h = batch["x"]
        for block in blocks:
            y = tf.nn.relu(causal_conv(block, h))
            h = tf.nn.relu(y + h) if h.shape[-1] == ch else y
        return tf.reduce_mean(tf.square(head(h)[:, -1, 0] - batch["y"]))

    def candidate(batch):
        output = net(batch["x"])
        return tf.reduce_mean(tf.keras.losses.mse(batch["y"][:, None], output[:, -1]))

    batch = {"x": rng.random((n, T, c_in)).astype("float32"), "y": rng.random(n).astype("float32") * 2}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
