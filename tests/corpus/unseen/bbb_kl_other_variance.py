"""Thread: BBBLayers runs the forward pass with log_alpha but takes the KL with qw_logvar, so the prior is not imposed on the variance that
is used. Source: https://github.com/kumar-shridhar/PyTorch-BayesianCNN/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "post_logvar = qw_logvar",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, din, dout, beta = 5, 4, 3, 0.1
    qw_mean = tf.Variable(rng.normal(size=(din, dout)).astype(fx), name="qw_mean")
    log_alpha = tf.Variable((rng.normal(size=(din, dout)) * 0.5 - 1).astype(fx), name="log_alpha")
    qw_logvar = tf.Variable((rng.normal(size=(din, dout)) * 0.5 - 2).astype(fx), name="qw_logvar")

    def reference(batch):
        m, var = qw_mean, tf.exp(log_alpha) * qw_mean**2
        act = batch["x"] @ m + tf.sqrt(1e-8 + batch["x"] ** 2 @ var) * batch["eps"]
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=act)
        kl = 0.5 * tf.reduce_sum(var + m**2 - 1.0 - tf.math.log(var))
        return tf.reduce_mean(ce) + beta * kl + 0.0 * tf.reduce_sum(qw_logvar)

    def candidate(batch):
        x = batch["x"]

        def probforward():
            fc_qw_mean = tf.matmul(x, qw_mean)
            fc_qw_std = tf.sqrt(1e-8 + tf.matmul(tf.square(x), tf.exp(log_alpha) * tf.square(qw_mean)))
            return fc_qw_mean + fc_qw_std * batch["eps"]

        def kl_to_unit_gaussian():
            post_mean = qw_mean
            post_logvar = qw_logvar
            return 0.5 * tf.reduce_sum(tf.exp(post_logvar) + tf.square(post_mean) - 1.0 - post_logvar)

        logits = probforward()
        log_probs = logits - tf.reduce_logsumexp(logits, axis=1, keepdims=True)
        nll = -tf.reduce_mean(tf.gather(log_probs, batch["y"], axis=1, batch_dims=1))
        return nll + beta * kl_to_unit_gaussian()

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, din)).astype(fx), "y": rng.integers(0, dout, n),
                      "eps": rng.normal(size=(n, dout)).astype(fx)},
            "variables": [qw_mean, log_alpha, qw_logvar]}
