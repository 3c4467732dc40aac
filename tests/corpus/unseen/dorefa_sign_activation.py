"""With one bit the activations go through plain sign(), which passes no gradient to the layers below. Source: https://github.com/zzzxxxttt/pytorch_DoReFaNet/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'dead',
    "line_marker": 'return tf.sign(a)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, h, k = 6, 4, 5, 3
    w1 = var("w1", d, h)
    g1 = tf.Variable(rng.uniform(0.5, 1.5, h).astype(fx), name="g1")
    w2 = var("w2", h, k)

    def reference(batch):
        @tf.custom_gradient
        def binarize(x):
            return tf.sign(x), lambda up: up * tf.cast(tf.abs(x) <= 1.0, up.dtype)

        a = binarize(tf.tanh(batch["x"] @ w1) * g1)
        scale = tf.stop_gradient(tf.reduce_mean(tf.abs(w2)))
        wq = w2 + tf.stop_gradient(scale * tf.sign(w2) - w2)
        p = tf.nn.log_softmax(a @ wq)
        return -tf.reduce_mean(tf.gather(p, batch["y"], batch_dims=1))

    def candidate(batch):
        def weight_quantize(w):
            e = tf.stop_gradient(tf.reduce_mean(tf.abs(w)))
            return tf.stop_gradient(tf.sign(w) * e - w) + w

        def activation_quantize(a, a_bit):
            if a_bit == 32:
                return a
            if a_bit == 1:
                return tf.sign(a)
            levels = float(2 ** a_bit - 1)
            q = tf.round(tf.clip_by_value(a, 0.0, 1.0) * levels) / levels
            return a + tf.stop_gradient(q - a)

        hidden = tf.tanh(tf.matmul(batch["x"], w1)) * g1
        hidden = activation_quantize(hidden, a_bit=1)
        logits = tf.matmul(hidden, weight_quantize(w2))
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": rng.integers(0, k, n)},
            "variables": [w1, g1, w2]}
