"""DeCLUTR: embeddings gathered from the other ranks carry no gradient, so that after averaging over ranks the gradient is
off by 1/N. Source: https://github.com/JohnGiorgi/DeCLUTR/pull/212"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "gathered = [tf.stop_gradient(z) for z in local]",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    world, per, d, e = 2, 3, 5, 4
    tau = 0.4
    enc = keras.layers.Dense(e, name="encoder")
    enc.build((None, d))

    def nt_xent(a, p):
        a, p = tf.math.l2_normalize(a, axis=1), tf.math.l2_normalize(p, axis=1)
        sim = tf.matmul(a, p, transpose_b=True) / tau
        return tf.reduce_mean(tf.reduce_logsumexp(sim, axis=1) - tf.linalg.diag_part(sim))

    def reference(batch):
        return nt_xent(enc(batch["anchors"]), enc(batch["positives"]))

    def candidate(batch):
        local = []
        for rank in range(world):
            rows = slice(rank * per, (rank + 1) * per)
            local.append(tf.stack([enc(batch["anchors"][rows]), enc(batch["positives"][rows])]))
        loss = 0.0
        for rank in range(world):
            gathered = [tf.stop_gradient(z) for z in local]
            gathered[rank] = local[rank]
            anchors, positives = tf.unstack(tf.concat(gathered, axis=1))
            loss += nt_xent(anchors, positives)
        return loss / world

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "anchors": rng.normal(size=(world * per, d)).astype(fx),
            "positives": rng.normal(size=(world * per, d)).astype(fx),
        },
        "variables": enc.trainable_variables,
    }
