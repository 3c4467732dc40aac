"""Set mixing of a learned optimizer should be F0(x) + max(relu(F1(relu(F2(x))))), but the second mixing layer
reads the input again. Source: https://github.com/google/learned_optimization/issues/313"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mixed = tf.nn.relu(tf.einsum('tf,fh->th', x, p['w1']) + p['b1'])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    t, f = 6, 5

    def var(name, *shape):
        return tf.Variable(rng.standard_normal(shape).astype(fx) * 0.6, name=name)

    p = {k: var(k, f, f) for k in ("w0", "w1", "w2")}
    p.update({k: var(k, f) for k in ("b0", "b1", "b2")})
    p["head"] = var("head", f, 2)

    def reference(batch):
        x = batch["tensor_features"]
        inner = keras.ops.relu(x @ p["w2"] + p["b2"])
        outer = keras.ops.relu(inner @ p["w1"] + p["b1"])
        y = x @ p["w0"] + p["b0"] + tf.reduce_max(outer, axis=0)
        steps = tf.tanh(y) @ p["head"]
        return tf.reduce_mean(tf.square(steps - batch["update"]))

    def candidate(batch):
        x = batch["tensor_features"]
        own = tf.einsum('tf,fh->th', x, p['w0']) + p['b0']
        mixed = tf.nn.relu(tf.einsum('tf,fh->th', x, p['w2']) + p['b2'])
        mixed = tf.nn.relu(tf.einsum('tf,fh->th', x, p['w1']) + p['b1'])
        pooled = tf.reduce_max(mixed, axis=0, keepdims=True)
        out = tf.matmul(tf.tanh(own + pooled), p['head'])
        return tf.reduce_mean((out - batch["update"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"tensor_features": rng.standard_normal((t, f)).astype(fx),
                      "update": rng.standard_normal((t, 2)).astype(fx)},
            "variables": list(p.values())}
