"""The log probabilities of the logistic mixture are summed over the mixture components before the
mixture weights are added; with one waveform channel nothing is to be summed there. Source: https://github.com/r9y9/wavenet_vocoder/issues/33"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "log_probs = tf.reduce_sum(log_probs, axis=-1, keepdims=True) + tf.nn.log_softmax(logit_probs, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, t, f, nr_mix = 3, 6, 4, 3
    w, bias = var("w", f, 3 * nr_mix), var("bias", 3 * nr_mix)
    lengths = np.array([6, 4, 5])
    batch = {"cond": rng.standard_normal((b, t, f)).astype(fx), "wave": rng.uniform(-1, 1, (b, t, 1)).astype(fx),
             "mask": (np.arange(t)[None] < lengths[:, None]).astype(fx)}

    def net(x):
        return x @ tf.reshape(w, (1, f, 3 * nr_mix)) + bias

    def reference(batch):
        out = tf.reshape(net(batch["cond"]), (b, t, 3, nr_mix))
        pi = tf.nn.softmax(out[:, :, 0])
        mean, scale = out[:, :, 1], tf.exp(tf.maximum(out[:, :, 2], -7.0))
        z = (batch["wave"] - mean) / scale
        pdf = tf.sigmoid(z) * (1 - tf.sigmoid(z)) / scale
        nll = -tf.math.log(tf.reduce_sum(pi * pdf, axis=-1))
        return tf.reduce_sum(nll * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        y_hat, y = net(batch["cond"]), batch["wave"]
        logit_probs = y_hat[:, :, :nr_mix]
        means = y_hat[:, :, nr_mix:2 * nr_mix]
        log_scales = tf.maximum(y_hat[:, :, 2 * nr_mix:], -7.0)
        mid_in = tf.exp(-log_scales) * (y - means)
        log_probs = mid_in - log_scales - 2.0 * tf.nn.softplus(mid_in)
        log_probs = tf.reduce_sum(log_probs, axis=-1, keepdims=True) + tf.nn.log_softmax(logit_probs, axis=-1)
        losses = -tf.reduce_logsumexp(log_probs, axis=-1)
        return tf.reduce_sum(losses * batch["mask"]) / tf.reduce_sum(batch["mask"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, bias]}
