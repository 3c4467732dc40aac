"""MAML: the comprehension that builds the fast weights uses the name `grads` for its loop variable and for the list it runs over.

Source (real): https://github.com/Runist/torch_maml/issues/3 (PyTorch, ported; the author agreed to "fix this bug").
Right answer: EQUIVALENT. The outermost iterable is evaluated before the comprehension's own scope exists; the name is ugly, not wrong.
"""
import collections

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, inner_lr, inner_train_steps = 16, 4, 6, 0.3, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="fc1_w")
    b1 = tf.Variable(0.2 * arr(hid), name="fc1_b")
    w2 = tf.Variable(0.6 * arr(hid), name="fc2_w")
    batch = {"support_x": arr(n, d), "support_y": arr(n), "query_x": arr(n, d), "query_y": arr(n)}

    def reference(b):
        a, c, v = (tf.convert_to_tensor(t) for t in (w1, b1, w2))
        for _ in range(inner_train_steps):
            h = tf.tanh(b["support_x"] @ a + c)
            err = 2.0 * (tf.linalg.matvec(h, v) - b["support_y"]) / h.shape[0]
            back = err[:, None] * v[None] * (1.0 - h * h)
            da, dc, dv = tf.transpose(b["support_x"]) @ back, tf.reduce_sum(back, 0), tf.linalg.matvec(h, err, transpose_a=True)
            a, c, v = a - inner_lr * da, c - inner_lr * dc, v - inner_lr * dv
        h = tf.tanh(b["query_x"] @ a + c)
        return tf.reduce_mean((tf.linalg.matvec(h, v) - b["query_y"]) ** 2)

    def candidate(b):
        def functional_forward(x, params):
            x = tf.tanh(x @ params["fc1.weight"] + params["fc1.bias"])
            return tf.linalg.matvec(x, params["fc2.weight"])

        def mse(pred, y):
            return tf.reduce_mean(tf.square(pred - y))

        fast_weights = collections.OrderedDict()
        for name, param in zip(("fc1.weight", "fc1.bias", "fc2.weight"), (w1, b1, w2)):
            fast_weights[name] = tf.convert_to_tensor(param)
        for _ in range(inner_train_steps):
            with tf.GradientTape() as tape:
                tape.watch(list(fast_weights.values()))
                loss = mse(functional_forward(b["support_x"], fast_weights), b["support_y"])
            grads = tape.gradient(loss, list(fast_weights.values()))
            fast_weights = collections.OrderedDict(
                (name, param - inner_lr * grads) for ((name, param), grads) in zip(fast_weights.items(), grads)
            )
        return mse(functional_forward(b["query_x"], fast_weights), b["query_y"])

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
