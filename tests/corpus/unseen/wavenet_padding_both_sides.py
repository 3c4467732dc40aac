"""PyTorch WaveNet: the dilated convolution is padded with zeros on both sides, so it sees the samples that it has to
predict.
Source: https://github.com/golbin/WaveNet/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "x = tf.pad(x, [[0, 0], [pad // 2, pad - pad // 2], [0, 0]])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, c, k, classes = 12, 10, 4, 3, 6
    dil = (1, 2)
    start = tf.Variable((0.8 * rng.standard_normal((classes, c))).astype(f), name="start")
    filt = [tf.Variable((0.4 * rng.standard_normal((k, c, c))).astype(f), name=f"filter{i}") for i in range(2)]
    gate = [tf.Variable((0.4 * rng.standard_normal((k, c, c))).astype(f), name=f"gate{i}") for i in range(2)]
    end = tf.Variable((0.8 * rng.standard_normal((c, classes))).astype(f), name="end")

    def reference(batch):
        x = tf.gather(start, batch["wave"][:, :-1])
        frames = tf.unstack(x, axis=1)
        for d, wf, wg in zip(dil, filt, gate):
            new = []
            for now in range(t - 1):
                a, g = tf.zeros([n, c], f), tf.zeros([n, c], f)
                for tap in range(k):
                    past = now - d * (k - 1 - tap)
                    if past >= 0:
                        a += frames[past] @ wf[tap]
                        g += frames[past] @ wg[tap]
                new.append(frames[now] + tf.tanh(a) * tf.sigmoid(g))
            frames = new
        nll = [-tf.nn.log_softmax(fr @ end) for fr in frames]
        return tf.reduce_mean(tf.stack([tf.gather(v, batch["wave"][:, i + 1], batch_dims=1) for i, v in enumerate(nll)]))

    def candidate(batch):
        class DilatedCausalConv1d:
            def __init__(self, weight, dilation):
                self.weight, self.dilation = weight, dilation

            def forward(self, x):
                pad = (k - 1) * self.dilation
                x = tf.pad(x, [[0, 0], [pad // 2, pad - pad // 2], [0, 0]])
                return tf.nn.convolution(x, self.weight, padding="VALID", dilations=self.dilation)

        class ResidualBlock:
            def __init__(self, wf, wg, dilation):
                self.dilated, self.gated = DilatedCausalConv1d(wf, dilation), DilatedCausalConv1d(wg, dilation)

            def forward(self, x):
                return x + tf.tanh(self.dilated.forward(x)) * tf.sigmoid(self.gated.forward(x))

        net = tf.one_hot(batch["wave"][:, :-1], classes, dtype=f) @ start
        for block in [ResidualBlock(wf, wg, d) for wf, wg, d in zip(filt, gate, dil)]:
            net = block.forward(net)
        ce = keras.losses.sparse_categorical_crossentropy(batch["wave"][:, 1:], net @ end, from_logits=True)
        return tf.reduce_mean(ce)

    batch = {"wave": rng.integers(0, classes, (n, t))}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [start] + filt + gate + [end]}
