"""FedProx baseline: the proximal term is mu/2 ||w - w_t||^2; the baseline adds up the plain norms of the layers, the square is missing.
Source: https://github.com/flwrlabs/flower/pull/2210"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "proximal_term += tf.norm(val - server)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    net = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(6, activation="relu"), keras.layers.Dense(3)])
    for v in net.trainable_variables:
        v.assign(rng.normal(size=v.shape) * 0.6)
    shapes = [tuple(v.shape) for v in net.trainable_variables]
    servers = ["s%d" % i for i in range(len(shapes))]
    proximal_mu = 0.4

    def reference(batch):
        ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["labels"], net(batch["images"]))
        diffs = [tf.reshape(v - batch[s], [-1]) for v, s in zip(net.trainable_variables, servers)]
        flat = tf.concat(diffs, axis=0)
        return ce + 0.5 * proximal_mu * tf.tensordot(flat, flat, 1)

    def candidate(batch):
        def criterion(logits, labels):
            picked = tf.reduce_sum(logits * tf.one_hot(labels, 3, dtype=f), axis=1)
            return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1) - picked)

        global_params = [batch[s] for s in servers]
        proximal_term = 0.0
        for val, server in zip(net.trainable_variables, global_params):
            proximal_term += tf.norm(val - server)
        loss = criterion(net(batch["images"]), batch["labels"])
        return loss + (proximal_mu / 2) * proximal_term

    batch = {"images": rng.normal(size=(13, 4)).astype(f), "labels": rng.integers(0, 3, 13).astype("int32")}
    for s, shape in zip(servers, shapes):
        batch[s] = rng.normal(size=shape).astype(f)
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
