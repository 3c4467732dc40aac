"""Network slimming adds s * sign(gamma) to the gradient of the BN scales: reported as a sign where an abs belongs, but it is the gradient of the L1 penalty.
Source: https://github.com/foolwood/pytorch-slimming/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, hid, classes, s, eps = 18, 5, 7, 3, 0.05, 1e-3
    w1 = tf.Variable(rng.normal(size=(d, hid)) * 0.6, dtype=f, name="fc1")
    gamma1 = tf.Variable(rng.normal(size=(hid,)), dtype=f, name="bn1_weight")
    w2 = tf.Variable(rng.normal(size=(hid, hid)) * 0.4, dtype=f, name="fc2")
    gamma2 = tf.Variable(rng.normal(size=(hid,)), dtype=f, name="bn2_weight")
    w3 = tf.Variable(rng.normal(size=(hid, classes)), dtype=f, name="fc3")
    batch = {"data": rng.normal(size=(n, d)).astype(f), "target": rng.integers(0, classes, n).astype("int32")}

    def reference(batch):
        h = batch["data"]
        for w, g in ((w1, gamma1), (w2, gamma2)):
            h = tf.matmul(h, w)
            mean, var = tf.nn.moments(h, [0])
            h = tf.nn.relu(tf.nn.batch_normalization(h, mean, var, None, g, eps))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["target"], tf.matmul(h, w3))
        l1 = tf.reduce_sum(tf.abs(gamma1)) + tf.reduce_sum(tf.abs(gamma2))
        return tf.reduce_mean(ce) + s * l1

    def candidate(batch):
        @tf.custom_gradient
        def update_bn(weight):
            def grad(g):
                return g + s * tf.sign(weight)  # L1
            return tf.identity(weight), grad

        class BatchNorm1d:
            def __init__(self, weight):
                self.weight = update_bn(weight)

            def __call__(self, x):
                x = x - tf.reduce_mean(x, axis=0)
                return self.weight * x * tf.math.rsqrt(tf.reduce_mean(x * x, axis=0) + eps)

        layers = [lambda x: x @ w1, BatchNorm1d(tf.convert_to_tensor(gamma1)), tf.nn.relu,
                  lambda x: x @ w2, BatchNorm1d(tf.convert_to_tensor(gamma2)), tf.nn.relu, lambda x: x @ w3]
        output = batch["data"]
        for layer in layers:
            output = layer(output)
        log_prob = tf.nn.log_softmax(output)
        return -tf.reduce_mean(tf.gather(log_prob, batch["target"], batch_dims=1))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [w1, gamma1, w2, gamma2, w3]}
