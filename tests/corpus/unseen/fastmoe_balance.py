"""FastMoE (Megatron): the balance losses of the layers are gathered in a new tensor, and the gates do not feel them.
Source: https://github.com/laekov/fastmoe/issues/49"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "bal_loss = tf.reduce_mean(tf.constant([float(v) for v in loss_list], dtype=x.dtype))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, layers = 8, 5, 3, 2
    gates = [keras.Variable(rng.standard_normal((d, e)).astype(f), name=f"gate{i}") for i in range(layers)]
    experts = [keras.Variable((0.6 * rng.standard_normal((e, d, d))).astype(f), name=f"experts{i}") for i in range(layers)]
    alpha = 0.3

    def layer(x, i):
        score = tf.nn.softmax(tf.matmul(x, tf.convert_to_tensor(gates[i])))
        top = tf.argmax(score, axis=1)
        y = tf.einsum("nd,edk->nek", x, tf.convert_to_tensor(experts[i]))
        y = tf.gather(tf.tanh(y), top, batch_dims=1) * tf.reduce_max(score, axis=1, keepdims=True)
        return x + y, score, top

    def reference(batch):
        x, balance = batch["x"], 0.0
        for i in range(layers):
            x, score, top = layer(x, i)
            for j in range(e):
                frac = tf.reduce_mean(tf.cast(top == j, f))
                balance += frac * tf.reduce_mean(score[:, j]) * e
        return tf.reduce_mean((x - batch["y"]) ** 2) + alpha * balance / layers

    def candidate(batch):
        x = batch["x"]
        loss_list = []
        for i in range(layers):
            x, score, top = layer(x, i)
            c_e = tf.reduce_mean(tf.one_hot(top, e, dtype=x.dtype), axis=0)
            m_e = tf.reduce_mean(score, axis=0)
            loss_list.append(tf.reduce_sum(c_e * m_e) * e)
        bal_loss = tf.reduce_mean(tf.constant([float(v) for v in loss_list], dtype=x.dtype))
        task_loss = tf.reduce_mean(tf.square(x - batch["y"]))
        return task_loss + alpha * bal_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(f),
                      "y": rng.standard_normal((n, d)).astype(f)},
            "variables": gates + experts}
