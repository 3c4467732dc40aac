"""Suspects a missing minus in the entropy loss of TabNet; the sparsity term is subtracted later, in compute_loss.
Source: https://github.com/dreamquark-ai/tabnet/issues/311"""
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
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, d, steps, eps, lam, gamma = 5, 4, 3, 1e-5, 0.3, 1.2
    w_att = [var(f"w_att{i}", d, d) for i in range(steps)]
    w_feat, w_out = var("w_feat", d, d), var("w_out", d, 3)

    def reference(batch):
        prior, state, agg, entropy = tf.ones((b, d), fx), batch["x"], 0.0, 0.0
        for i in range(steps):
            mask = tf.nn.softmax(prior * (state @ w_att[i]))
            entropy += tf.reduce_mean(-tf.reduce_sum(mask * tf.math.log(mask + eps), 1)) / steps
            prior = prior * (gamma - mask)
            state = tf.nn.relu((mask * batch["x"]) @ w_feat)
            agg = agg + state
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], agg @ w_out)
        return tf.reduce_mean(ce) + lam * entropy

    def candidate(batch):
        def forward(x):
            M_loss = 0.0
            prior = tf.ones_like(x)
            att = x
            outs = []
            for step in range(steps):
                M = tf.nn.softmax(tf.multiply(tf.matmul(att, w_att[step]), prior), axis=-1)
                M_loss += tf.reduce_mean(tf.reduce_sum(tf.multiply(M, tf.math.log(M + eps)), axis=1))
                prior = tf.multiply(gamma - M, prior)
                att = tf.nn.relu(tf.matmul(tf.multiply(M, x), w_feat))
                outs.append(att)
            M_loss /= steps
            return tf.matmul(tf.reduce_sum(tf.stack(outs), axis=0), w_out), M_loss

        def compute_loss(y_pred, y_true):
            return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True))

        output, M_loss = forward(batch["x"])
        loss = compute_loss(output, batch["y"])
        loss = loss - lam * M_loss
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, d), "y": rng.integers(0, 3, b).astype("int32")}, "variables": w_att + [w_feat, w_out]}
