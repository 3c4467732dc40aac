"""Rainbow with PER: element-wise loss of shape (B,) is multiplied with importance weights of shape (B, 1), giving (B, B).
Source: https://github.com/Curt-Park/rainbow-is-all-you-need/issues/79"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss = tf.reduce_mean(elementwise_loss * weights)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, n_act, atoms = 5, 4, 3, 7
    head = keras.layers.Dense(n_act * atoms, name="head")
    head.build((None, d))

    def reference(batch):
        total = 0.0
        for b in range(n):
            logits = tf.reshape(head(batch["state"][b:b + 1]), (n_act, atoms))
            logp = tf.nn.log_softmax(logits[batch["action"][b]])
            total += batch["weights"][b, 0] * -tf.reduce_sum(batch["proj_dist"][b] * logp)
        return total / n

    def candidate(batch):
        weights = batch["weights"]
        logits = tf.reshape(head(batch["state"]), (-1, n_act, atoms))
        log_p = tf.nn.log_softmax(logits, axis=-1)
        idx = tf.stack([tf.range(n), batch["action"]], axis=1)
        elementwise_loss = -tf.reduce_sum(batch["proj_dist"] * tf.gather_nd(log_p, idx), axis=1)
        loss = tf.reduce_mean(elementwise_loss * weights)
        return loss

    proj = rng.gamma(1.0, size=(n, atoms))
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "state": rng.normal(size=(n, d)).astype(fx) * 2,
            "action": rng.integers(0, n_act, size=n).astype("int32"),
            "proj_dist": (proj / proj.sum(1, keepdims=True)).astype(fx),
            "weights": rng.uniform(0.05, 1.0, size=(n, 1)).astype(fx),
        },
        "variables": head.trainable_variables,
    }
