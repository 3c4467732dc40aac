"""The pseudo code of torch.nn.RNN appends a reference to the state, which is overwritten in place: all outputs are the last.
Source: https://github.com/pytorch/pytorch/pull/142303"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "output.append(h_t)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, s, d_in, d, layers = 3, 5, 3, 4, 2
    w_ih = [var("w_ih0", d_in, d), var("w_ih1", d, d)]
    w_hh = [var("w_hh0", d, d), var("w_hh1", d, d)]
    b_h = [var("b_h0", d, sc=0.2), var("b_h1", d, sc=0.2)]
    w_out = var("w_out", d, 1)

    def reference(batch):
        seq = batch["x"]
        for i in range(layers):
            h = tf.zeros((b, d), fx)
            steps = []
            for t in range(s):
                h = tf.tanh(seq[:, t] @ w_ih[i] + h @ w_hh[i] + b_h[i])
                steps.append(h)
            seq = tf.stack(steps, axis=1)
        return tf.reduce_mean(tf.square((seq @ w_out)[..., 0] - batch["y"]))

    def candidate(batch):
        x = tf.transpose(batch["x"], (1, 0, 2))
        h_t = [tf.zeros((b, d), fx) for _ in range(layers)]
        output = []
        for t in range(s):
            below = x[t]
            for layer in range(layers):
                pre = below @ w_ih[layer] + h_t[layer] @ w_hh[layer]
                h_t[layer] = tf.tanh(pre + b_h[layer])
                below = h_t[layer]
            output.append(h_t)
        top = tf.stack([states[-1] for states in output])
        pred = tf.squeeze(tf.transpose(top @ w_out, (1, 0, 2)), -1)
        return tf.reduce_mean((pred - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, s, d_in), "y": arr(b, s)}, "variables": w_ih + w_hh + b_h + [w_out]}
