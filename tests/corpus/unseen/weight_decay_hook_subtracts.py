"""Optimiser hook for weight decay: it subtracts the decayed parameters from the gradients where they have to be added, so the weights grow.
Source: https://github.com/chainer/chainer/issues/261"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'self.tuples = [(p, g - decay * p) for p, g in self.tuples]',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 20, 5, 3
    w = tf.Variable(rng.normal(size=(d, k)), dtype=f, name="w")
    b = tf.Variable(rng.normal(size=(k,)), dtype=f, name="b")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.integers(0, k, size=n).astype("int32")}
    rate = 0.2

    def reference(batch):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], batch["x"] @ w + b)
        return tf.reduce_mean(ce) + rate * (tf.nn.l2_loss(w) + tf.nn.l2_loss(b))

    def candidate(batch):
        class Optimizer:
            def setup(self, params):
                self.params = list(params)
                self.tuples = []

            def collect(self, lossfun):
                with tf.GradientTape() as tape:
                    tape.watch(self.params)
                    loss = lossfun()
                grads = tape.gradient(loss, self.params)
                self.tuples = list(zip(self.params, grads))

            def weight_decay(self, decay):
                self.tuples = [(p, g - decay * p) for p, g in self.tuples]

            def surrogate(self):
                # a linear function whose gradient is what the update rule will see
                return tf.add_n([tf.reduce_sum(tf.stop_gradient(g) * p) for p, g in self.tuples])

        def forward():
            logits = tf.nn.bias_add(tf.matmul(batch["x"], w), b)
            logp = tf.nn.log_softmax(logits, axis=1)
            return -tf.reduce_sum(tf.one_hot(batch["y"], k, dtype=f) * logp) / n

        optimizer = Optimizer()
        optimizer.setup([w, b])
        optimizer.collect(forward)
        optimizer.weight_decay(rate)
        return optimizer.surrogate()

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
