"""The dueling head subtracts the advantage mean over the atoms (axis -1) instead of over the actions (axis 1).

Source (real): https://github.com/facebookresearch/ReAgent/pull/256
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "centred = advantage - tf.reduce_mean(advantage, axis=-1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed + 11)
    n, d, k, z = 10, 5, 4, 7
    body = tf.keras.layers.Dense(12, activation="relu", name="shared")
    val = tf.keras.layers.Dense(z, name="value")
    adv = tf.keras.layers.Dense(k * z, name="advantage")
    h = body(np.zeros((1, d), np.float32))
    val(h), adv(h)
    for layer in (body, val, adv):
        layer.kernel.assign((0.6 * rng.normal(size=layer.kernel.shape)).astype(np.float32))
    probs = rng.random((n, z)).astype(np.float32)
    batch = {"state": rng.normal(size=(n, d)).astype(np.float32), "action": rng.integers(0, k, n).astype(np.int32),
             "projected": probs / probs.sum(1, keepdims=True)}

    def heads(x):
        hid = body(x)
        return val(hid)[:, None, :], tf.reshape(adv(hid), (-1, k, z))

    def cross_entropy(b, logits):
        chosen = tf.gather(logits, b["action"], batch_dims=1)
        return -tf.reduce_mean(tf.reduce_sum(b["projected"] * tf.nn.log_softmax(chosen), axis=1))

    def reference(b):
        value, advantage = heads(b["state"])
        average = sum(advantage[:, i] for i in range(k)) / k
        logits = value + advantage - average[:, None, :]
        return cross_entropy(b, logits)

    def candidate(b):
        value, advantage = heads(b["state"])
        centred = advantage - tf.reduce_mean(advantage, axis=-1, keepdims=True)
        logits = value + centred
        return cross_entropy(b, logits)

    variables = [body.kernel, body.bias, val.kernel, val.bias, adv.kernel, adv.bias]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
