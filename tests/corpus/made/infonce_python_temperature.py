"""InfoNCE with a learnable temperature that is turned into a Python number before it is used.

Origin: realistic; the parameter is CLIP's logit_scale (https://github.com/openai/CLIP/issues/46), the slip is the usual
float(tensor) for a "hyper-parameter". Not taken from one thread.
Right answer: NOT equivalent; same loss and encoder gradients, the temperature's gradient is None.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "temperature = max(float(keras.ops.exp(log_temp)), 1e-2)",
    "same_forward_value": True,
}


def info_nce(query, key, temperature):
    """Cross-entropy of every query against all keys; the positive is on the diagonal."""
    logits = keras.ops.matmul(query, keras.ops.transpose(key)) / temperature
    own = keras.ops.diagonal(logits)
    return keras.ops.mean(keras.ops.logsumexp(logits, axis=-1) - own)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, e = 25, 6, 4
    enc = keras.layers.Dense(e, name="encoder", dtype=f)
    enc.build((None, d))
    enc.set_weights([0.7 * rng.standard_normal(p.shape).astype(f) for p in enc.get_weights()])
    log_temp = tf.Variable(np.asarray(-0.7, f), name="log_temperature")
    anchor = rng.standard_normal((n, d)).astype(f)
    batch = {"anchor": anchor, "positive": (anchor + 0.5 * rng.standard_normal((n, d))).astype(f)}

    def reference(b):
        m = b["anchor"].shape[0]
        q = [tf.nn.l2_normalize(enc(b["anchor"][i : i + 1])[0], 0) for i in range(m)]
        k = [tf.nn.l2_normalize(enc(b["positive"][i : i + 1])[0], 0) for i in range(m)]
        keys = tf.stack(k)
        total = 0.0
        for i in range(m):
            s = tf.linalg.matvec(keys, q[i]) * tf.exp(-log_temp)
            total += -tf.nn.log_softmax(s)[i]
        return total / m

    def candidate(b):
        query = keras.ops.normalize(enc(b["anchor"]), axis=-1)
        key = keras.ops.normalize(enc(b["positive"]), axis=-1)
        temperature = max(float(keras.ops.exp(log_temp)), 1e-2)
        return info_nce(query, key, temperature)

    return {
        "variables": enc.trainable_variables + [log_temp],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
