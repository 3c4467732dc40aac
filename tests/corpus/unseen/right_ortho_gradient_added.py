"""BigGAN adds the hand-derived gradient of the orthogonality penalty to the parameter's gradient; somebody expects a subtraction. Right: the optimiser subtracts.
Source: https://github.com/ajbrock/BigGAN-PyTorch/issues/90"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 15, 6, 4
    w = tf.Variable(rng.normal(size=(k, d)), dtype=f, name="w")
    b = tf.Variable(0.1 * rng.normal(size=(k,)), dtype=f, name="b")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, k)).astype(f)}
    strength = 0.05

    def reference(batch):
        pred = tf.matmul(batch["x"], w, transpose_b=True) + b
        penalty = 0.0
        for i in range(k):
            for j in range(k):
                if i != j:
                    penalty += 0.5 * tf.tensordot(w[i], w[j], 1) ** 2
        return tf.reduce_mean((pred - batch["y"]) ** 2) + strength * penalty

    def candidate(batch):
        def off_diagonal(m):
            return tf.matmul(m, m, transpose_b=True) * (1.0 - tf.eye(k, dtype=f))

        @tf.custom_gradient
        def ortho(param):
            gram = off_diagonal(param)

            def add_to_grad(upstream):
                grad = 2.0 * tf.matmul(gram, param)
                return upstream * grad

            return tf.nn.l2_loss(gram), add_to_grad

        err = tf.einsum("nd,kd->nk", batch["x"], w) + b - batch["y"]
        main_loss = tf.nn.l2_loss(err) * 2.0 / (n * k)
        return main_loss + strength * ortho(tf.convert_to_tensor(w))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
