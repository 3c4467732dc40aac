"""Mixture of logistics for one-channel audio: the log probabilities are summed over the mixture axis (PixelCNN++ sums its channel axis there).

Source (real): https://github.com/r9y9/wavenet_vocoder/issues/34
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'log_probs = tf.reduce_sum(log_probs, axis=-1, keepdims=True) + tf.nn.log_softmax(logit_probs, axis=-1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, M, d = 6, 5, 3, 4
    w = tf.Variable(rng.normal(size=(d, 3 * M)).astype("float32") * 0.4, name="w")
    bias = tf.Variable(np.concatenate([rng.normal(size=M) * 0.3, rng.normal(size=M) * 0.3, np.full(M, -1.0)]).astype("float32"), name="bias")
    batch = {
        "cond": rng.normal(size=(n, T, d)).astype("float32"),
        "y": np.clip(rng.normal(size=(n, T)) * 0.4, -0.95, 0.95).astype("float32"),
    }
    num_classes, log_scale_min = 32, -4.0
    half = 1.0 / (num_classes - 1)

    def params(b):
        return tf.split(tf.tensordot(b["cond"], w, 1) + bias, 3, axis=-1)

    def reference(b):
        logits, mean, log_s = params(b)
        inv = tf.exp(-tf.maximum(log_s, log_scale_min))
        nll = []
        for t in range(T):
            dev = b["y"][:, t, None] - mean[:, t]
            mass = tf.sigmoid(inv[:, t] * (dev + half)) - tf.sigmoid(inv[:, t] * (dev - half))
            weight = tf.nn.softmax(logits[:, t])
            nll.append(-tf.math.log(tf.reduce_sum(weight * tf.maximum(mass, 1e-12), axis=1)))
        return tf.reduce_mean(tf.stack(nll, 1))

    def candidate(b):
        logit_probs, means, log_scales = params(b)
        log_scales = tf.maximum(log_scales, log_scale_min)
        y = tf.repeat(b["y"][..., None], M, axis=-1)
        centered_y = y - means
        inv_stdv = tf.exp(-log_scales)
        cdf_plus = tf.sigmoid(inv_stdv * (centered_y + half))
        cdf_min = tf.sigmoid(inv_stdv * (centered_y - half))
        log_probs = tf.math.log(tf.maximum(cdf_plus - cdf_min, 1e-12))
        log_probs = tf.reduce_sum(log_probs, axis=-1, keepdims=True) + tf.nn.log_softmax(logit_probs, axis=-1)
        losses = -tf.reduce_logsumexp(log_probs, axis=-1)
        return tf.reduce_mean(losses)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
