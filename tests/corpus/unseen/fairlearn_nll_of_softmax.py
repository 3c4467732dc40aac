"""Adversarial mitigation with a multi-class target: NLLLoss, which wants log-probabilities, is chosen for a predictor that ends in a
softmax, and so minimises minus the probability.
Source: https://github.com/fairlearn/fairlearn/issues/1209"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss_p = predictor_loss(y_prob, batch["y"])',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    wp = tf.Variable(rng.normal(size=(5, 4)).astype(f), name="predictor")
    wa = tf.Variable(rng.normal(size=(4, 1)).astype(f), name="adversary")
    alpha = 0.5

    def reference(batch):
        logits = batch["x"] @ wp
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        z_logit = (tf.nn.softmax(logits) @ wa)[:, 0]
        adversary = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["z"], logits=z_logit)
        return tf.reduce_mean(ce) - alpha * tf.reduce_mean(adversary)

    def candidate(batch):
        class NLLLoss:
            """as in torch: minus the entry of the label, averaged"""
            def __call__(self, inputs, target):
                rows = tf.range(tf.shape(target)[0])
                return -tf.reduce_mean(tf.gather_nd(inputs, tf.stack([rows, target], axis=1)))

        def bce_with_logits(logit, z):
            return tf.reduce_mean(tf.maximum(logit, 0.0) - logit * z + tf.math.log1p(tf.exp(-tf.abs(logit))))

        def infer_loss(y):
            return NLLLoss() if y.dtype.is_integer else bce_with_logits

        predictor_loss = infer_loss(batch["y"])
        y_prob = keras.ops.softmax(tf.matmul(batch["x"], wp), axis=-1)
        z_hat = tf.squeeze(tf.matmul(y_prob, wa), axis=-1)
        loss_p = predictor_loss(y_prob, batch["y"])
        loss_a = bce_with_logits(z_hat, batch["z"])
        return loss_p - alpha * loss_a

    batch = {"x": rng.normal(size=(16, 5)).astype(f), "y": rng.integers(0, 4, 16).astype("int32"),
             "z": rng.integers(0, 2, 16).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wp, wa]}
