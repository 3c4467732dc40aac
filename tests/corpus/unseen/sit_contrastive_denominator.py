"""The reporter finds the positive pair inside the denominator, against k != i in the paper; only the pair with
itself is excluded, and that is right. Source: https://github.com/Sara-Ahmed/SiT/issues/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bs, d, temperature = 4, 6, 0.5
    proj = keras.layers.Dense(5, name="proj")
    proj.build((None, d))

    def reference(batch):
        z = tf.math.l2_normalize(proj(tf.concat([batch["x1"], batch["x2"]], axis=0)), axis=1)
        logits = tf.matmul(z, z, transpose_b=True) / temperature
        logits = tf.linalg.set_diag(logits, tf.fill([2 * bs], tf.cast(-1e9, logits.dtype)))
        labels = tf.concat([tf.range(bs, 2 * bs), tf.range(bs)], axis=0)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    def candidate(batch):
        z_i = tf.math.l2_normalize(proj(batch["x1"]), axis=-1)
        z_j = tf.math.l2_normalize(proj(batch["x2"]), axis=-1)
        representations = tf.concat([z_i, z_j], axis=0)
        similarity_matrix = tf.reduce_sum(representations[:, None, :] * representations[None, :, :], axis=2)
        sim_ij = tf.linalg.diag_part(similarity_matrix[:bs, bs:])
        sim_ji = tf.linalg.diag_part(similarity_matrix[bs:, :bs])
        positives = tf.concat([sim_ij, sim_ji], axis=0)
        negatives_mask = 1.0 - tf.eye(2 * bs, dtype=similarity_matrix.dtype)
        nominator = tf.exp(positives / temperature)
        denominator = negatives_mask * tf.exp(similarity_matrix / temperature)
        loss_partial = -tf.math.log(nominator / tf.reduce_sum(denominator, axis=1))
        return tf.reduce_sum(loss_partial) / (2 * bs)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x1": rng.normal(size=(bs, d)).astype(fx), "x2": rng.normal(size=(bs, d)).astype(fx)},
            "variables": list(proj.trainable_variables)}
