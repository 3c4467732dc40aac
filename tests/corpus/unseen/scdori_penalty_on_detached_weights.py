"""scDORI computes its L1 and L2 penalties from `.data`, i.e. from detached weights: the penalties appear in
the loss but no strength, however large, changes the weights.
Source: https://github.com/bioFAM/scDORI/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "data = {name: tf.stop_gradient(v) for name, v in params.items()}",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, peaks, topics, genes = 15, 7, 4, 5
    params = {
        "encoder": tf.Variable(0.3 * rng.standard_normal((peaks, topics)).astype(f), name="encoder"),
        "topic_peak": tf.Variable(0.5 * rng.standard_normal((topics, peaks)).astype(f), name="topic_peak"),
        "topic_gene": tf.Variable(0.5 * rng.standard_normal((topics, genes)).astype(f), name="topic_gene"),
    }
    l1, l2 = 0.05, 0.02
    batch = {
        "atac": rng.poisson(1.0, (n, peaks)).astype(f),
        "rna": rng.poisson(2.0, (n, genes)).astype(f),
    }

    def reference(b):
        theta = tf.nn.softmax(b["atac"] @ params["encoder"])
        rate_atac = tf.exp(theta @ params["topic_peak"])
        rate_rna = tf.exp(theta @ params["topic_gene"])
        nll = tf.reduce_mean(rate_atac - b["atac"] * tf.math.log(rate_atac))
        nll += tf.reduce_mean(rate_rna - b["rna"] * tf.math.log(rate_rna))
        penalty = keras.regularizers.L1(l1)(params["topic_peak"]) + keras.regularizers.L2(l2)(params["topic_gene"])
        return nll + penalty

    def candidate(b):
        def poisson(log_rate, count):
            return tf.reduce_mean(tf.nn.log_poisson_loss(targets=count, log_input=log_rate))

        theta = keras.activations.softmax(tf.matmul(b["atac"], params["encoder"]))
        loss_atac = poisson(tf.matmul(theta, params["topic_peak"]), b["atac"])
        loss_rna = poisson(tf.matmul(theta, params["topic_gene"]), b["rna"])
        data = {name: tf.stop_gradient(v) for name, v in params.items()}
        l1_norm = tf.reduce_sum(tf.abs(data["topic_peak"]))
        l2_norm = tf.reduce_sum(tf.square(data["topic_gene"]))
        loss_norm = l1 * l1_norm + l2 * l2_norm
        return loss_atac + loss_rna + loss_norm

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": list(params.values())}
