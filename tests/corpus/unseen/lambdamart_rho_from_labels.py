"""LambdaMART pseudo-gradients: rho = 1/(1+exp(.)) is computed from the difference of the labels of a pair where it is to be computed
from the predicted scores, so that the lambdas do not depend on the model.
Source: https://github.com/discobot/LambdaMart/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "rho = 1.0 / (1.0 + tf.exp(page[:, i] - page[:, j]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w1 = tf.Variable(rng.normal(size=(4, 3)).astype(f), name="w1")
    w2 = tf.Variable(rng.normal(size=(3,)).astype(f), name="w2")

    def reference(batch):
        s = tf.linalg.matvec(tf.tanh(batch["x"] @ w1), w2)
        diff = s[:, :, None] - s[:, None, :]
        better = tf.cast(batch["rel"][:, :, None] > batch["rel"][:, None, :], f)
        return tf.reduce_sum(better * tf.nn.softplus(-diff)) / float(s.shape[0])

    def candidate(batch):
        page = batch["rel"]
        predictions = tf.einsum("qdh,h->qd", tf.nn.tanh(tf.einsum("qdc,ch->qdh", batch["x"], w1)), w2)
        docs = page.shape[1]

        def compute_lambda(scores):
            lambdas = [tf.zeros_like(page[:, 0]) for _ in range(docs)]
            for i in range(docs):
                for j in range(docs):
                    wins = tf.cast(page[:, i] > page[:, j], f)
                    rho = 1.0 / (1.0 + tf.exp(page[:, i] - page[:, j]))
                    lambdas[i] = lambdas[i] + wins * rho
                    lambdas[j] = lambdas[j] - wins * rho
            return tf.stack(lambdas, axis=1)

        # a tree would be fitted to the lambdas; a net gets them as the gradient of its scores
        lambdas = tf.stop_gradient(compute_lambda(predictions))
        return -tf.reduce_sum(lambdas * predictions) / page.shape[0]

    batch = {"x": rng.normal(size=(12, 5, 4)).astype(f), "rel": rng.integers(0, 4, (12, 5)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}
