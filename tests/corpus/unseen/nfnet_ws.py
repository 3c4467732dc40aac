"""The scaled weight standardization of nfnets-pytorch folds mean and variance into scale and shift; suspected to differ from the paper, it is the same. Source: https://github.com/vballoli/nfnets-pytorch/issues/42"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, cin, cout = 3, 5, 2, 4
    kernel = var("kernel", 3, 3, cin, cout)
    gain = tf.Variable(rng.uniform(0.5, 1.5, (1, 1, 1, cout)).astype(fx), name="gain")
    fc = var("fc", cout, 3)
    fan_in, eps = 3 * 3 * cin, 1e-4

    def reference(batch):
        cols = []
        for o in range(cout):
            wo = kernel[..., o]
            centred = wo - tf.reduce_mean(wo)
            v = tf.reduce_mean(centred ** 2)
            cols.append(centred / tf.sqrt(tf.maximum(v * fan_in, eps)) * gain[0, 0, 0, o])
        z = tf.nn.relu(tf.nn.conv2d(batch["x"], tf.stack(cols, -1), 1, "SAME"))
        logits = tf.reduce_mean(z, [1, 2]) @ fc
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        def standardized(weight):
            mean, variance = tf.nn.moments(weight, axes=[0, 1, 2], keepdims=True)
            scale = tf.math.rsqrt(tf.maximum(variance * fan_in, eps)) * gain
            shift = mean * scale
            return weight * scale - shift

        out = tf.nn.relu(tf.nn.conv2d(batch["x"], standardized(kernel), strides=1, padding="SAME"))
        logp = tf.nn.log_softmax(tf.matmul(tf.reduce_mean(out, axis=[1, 2]), fc))
        return -tf.reduce_mean(tf.gather(logp, batch["y"], batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, h, h, cin)).astype(fx), "y": rng.integers(0, 3, n)},
            "variables": [kernel, gain, fc]}
