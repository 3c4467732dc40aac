"""fairchem: the loss is averaged per replica and then over replicas, although replicas hold different numbers of atoms.
Source: https://github.com/facebookresearch/fairchem/pull/269"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'per_replica.append(tf.reduce_sum(dist * mask) / tf.reduce_sum(mask))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    ranks, atoms, f = 3, 6, 4
    w1 = var("w1", f, 5)
    w2 = var("w2", 5, 3)

    def forces(x):
        return tf.nn.silu(x @ w1) @ w2

    def reference(batch):
        num, den = 0.0, 0.0
        for r in range(ranks):
            m = int(batch["natoms"][r])
            err = forces(batch["feat"][r, :m]) - batch["force"][r, :m]
            num += tf.reduce_sum(tf.sqrt(tf.reduce_sum(err ** 2, -1) + 1e-6))
            den += m
        return num / den

    def candidate(batch):
        per_replica = []
        for feat, target, natoms in zip(tf.unstack(batch["feat"]), tf.unstack(batch["force"]), tf.unstack(batch["natoms"])):
            mask = tf.sequence_mask(natoms, atoms, dtype=F)
            residual = forces(feat) - target
            dist = tf.sqrt(tf.einsum("nd,nd->n", residual, residual) + 1e-6)
            per_replica.append(tf.reduce_sum(dist * mask) / tf.reduce_sum(mask))
        return tf.reduce_mean(tf.stack(per_replica))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(ranks, atoms, f), "force": 2 * arr(ranks, atoms, 3), "natoms": np.array([1, 6, 3])},
            "variables": [w1, w2]}
