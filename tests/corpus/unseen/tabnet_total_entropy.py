"""The total entropy of the TabNet masks is overwritten at each step and not accumulated over the steps.
Source: https://github.com/ostamand/tensorflow-tabnet/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "total_entropy = tf.reduce_mean(entropy) / (n_steps - 1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, d, n_steps, eps, gamma, lam = 5, 6, 4, 1e-6, 1.3, 0.5
    w_att = [var(f"w_att{i}", d, d) for i in range(n_steps)]
    w_feat, w_out = var("w_feat", d, d), var("w_out", d, 1)

    def reference(batch):
        prior, hidden = tf.ones((b, d), fx), batch["x"]
        decision, masks = 0.0, []
        for i in range(n_steps):
            mask = tf.nn.softmax(prior * (hidden @ w_att[i]))
            hidden = tf.nn.relu((mask * batch["x"]) @ w_feat)
            decision += hidden
            if i < n_steps - 1:
                masks.append(mask)
            prior = prior * (gamma - mask)
        logit = (decision @ w_out)[:, 0]
        bce = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(batch["y"], logit))
        m = tf.stack(masks)
        sparse = tf.reduce_mean(tf.reduce_sum(-m * tf.math.log(m + eps), -1))
        return bce + lam * sparse

    def candidate(batch):
        out_agg = tf.zeros((b, d), fx)
        prior_scales = tf.ones((b, d), fx)
        total_entropy = 0.0
        att_in = batch["x"]
        for step in range(n_steps):
            mask_values = tf.nn.softmax(tf.matmul(att_in, w_att[step]) * prior_scales, axis=-1)
            att_in = tf.nn.relu(tf.matmul(mask_values * batch["x"], w_feat))
            out_agg += att_in
            prior_scales *= gamma - mask_values
            if step < n_steps - 1:
                entropy = tf.reduce_sum(-mask_values * tf.math.log(mask_values + eps), axis=1)
                total_entropy = tf.reduce_mean(entropy) / (n_steps - 1)
        logits = tf.squeeze(tf.matmul(out_agg, w_out), 1)
        y = batch["y"]
        task = tf.reduce_mean(tf.nn.softplus(logits) - y * logits)
        return task + lam * total_entropy

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, d), "y": rng.integers(0, 2, b).astype(fx)}, "variables": w_att + [w_feat, w_out]}
