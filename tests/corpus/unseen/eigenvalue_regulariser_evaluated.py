"""The eigenvalue regulariser across two layers evaluates the weights to numpy first; the penalty is a constant for the optimiser.

Source (real): https://github.com/keras-team/keras/issues/10828
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'top = float(np.linalg.eigvalsh(0.5 * (prod.numpy() + prod.numpy().T))[-1])',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, m, K = 10, 4, 6, 3
    k1, b1, k2, w_y = var("kernel1", d, m), var("bias1", m), var("kernel2", m, d), var("w_y", d, K)
    batch = {"x": arr(n, d), "y": rng.integers(0, K, size=(n,))}

    def ce(b):
        h = b["x"] + tf.nn.relu(b["x"] @ k1 + b1) @ k2
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=h @ w_y))

    def reference(b):
        w = tf.matmul(k1, k2)
        eig = tf.linalg.eigvalsh((w + tf.transpose(w)) / 2.0)
        return ce(b) + 0.2 * eig[-1]

    def candidate(b):
        prod = tf.matmul(k1, k2)
        top = float(np.linalg.eigvalsh(0.5 * (prod.numpy() + prod.numpy().T))[-1])
        reg = tf.constant(top, tf.float32)
        return ce(b) + 0.2 * reg

    return {"variables": [k1, b1, k2, w_y], "batch": batch, "reference": reference, "candidate": candidate}
