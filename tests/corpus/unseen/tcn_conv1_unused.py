"""In the non-causal temporal layer conv1 is never used: the second convolution is given the layer's input
again. Source: https://github.com/ben-hayes/beat-tracking-tcn/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'y = tf.nn.elu(tf.nn.conv1d(x, conv2, stride=1, padding="SAME"))',
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

    n, t, c = 3, 8, 3
    spectra = normal(n, t, c)
    beats = (rng.random((n, t)) < 0.3).astype(fx)
    lengths = np.array([8, 6, 7], dtype="int32")
    conv1, conv2, proj = var("conv1", 3, c, c, scale=0.5), var("conv2", 3, c, c, scale=0.5), var("proj", c)

    def reference(batch):
        total, steps = 0.0, 0
        for i in range(n):
            x = batch["spectra"][i][None]
            first = tf.nn.elu(tf.nn.conv1d(x, conv1, 1, "SAME"))
            second = tf.nn.elu(tf.nn.conv1d(first, conv2, 1, "SAME"))
            z = tf.linalg.matvec((x + second)[0], proj)
            for j in range(int(batch["lengths"][i])):
                total += tf.nn.softplus(z[j]) - batch["beats"][i, j] * z[j]
                steps += 1
        return total / steps

    def candidate(batch):
        x = batch["spectra"]
        y = tf.nn.elu(tf.nn.conv1d(x, conv1, stride=1, padding="SAME"))
        y = tf.nn.elu(tf.nn.conv1d(x, conv2, stride=1, padding="SAME"))
        logits = tf.linalg.matvec(x + y, proj)
        mask = tf.sequence_mask(batch["lengths"], t, dtype=logits.dtype)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["beats"], logits=logits)
        return tf.reduce_sum(bce * mask) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"spectra": spectra, "beats": beats, "lengths": lengths}, "variables": [conv1, conv2, proj]}
