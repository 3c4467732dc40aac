"""Switch transformer of labml: a reader thinks that torch.max cuts the router off. The value of the maximum is differentiable and scales
the expert's output, so the router learns.
Source: https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/138"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, hid, experts = 24, 5, 6, 3
    switch = tf.Variable(rng.normal(size=(d, experts)).astype(f), name="switch")
    w_in = tf.Variable(rng.normal(size=(experts, d, hid)).astype(f) * 0.5, name="w_in")
    w_out = tf.Variable(rng.normal(size=(experts, hid, d)).astype(f) * 0.5, name="w_out")
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, d)).astype(f)}

    def reference(batch):
        x = batch["x"]
        probs = tf.nn.softmax(x @ switch, axis=1)
        chosen = tf.one_hot(tf.argmax(probs, axis=1), experts, dtype=f)
        every = tf.einsum("neh,ehd->ned", tf.nn.elu(tf.einsum("nd,edh->neh", x, w_in)), w_out)
        out = tf.einsum("ned,ne,ne->nd", every, chosen, probs)
        return tf.reduce_mean(tf.reduce_sum(tf.square(out - batch["y"]), axis=1))

    class Expert:
        def __init__(self, i):
            self.i = i

        def __call__(self, h):
            return tf.nn.elu(h @ w_in[self.i]) @ w_out[self.i]

    def candidate(batch):
        x = batch["x"]
        route_prob = keras.ops.softmax(tf.matmul(x, switch), axis=-1)
        route_prob_max, routes = tf.reduce_max(route_prob, axis=-1), tf.argmax(route_prob, axis=-1)
        final_output = tf.zeros_like(x)
        for i in range(experts):
            idx = tf.where(tf.equal(routes, i))
            part = Expert(i)(tf.gather(x, idx[:, 0]))
            final_output = tf.tensor_scatter_nd_update(final_output, idx, part)
        final_output = final_output * tf.expand_dims(route_prob_max, -1)
        loss = 0.0
        for a, b in zip(tf.unstack(final_output, axis=1), tf.unstack(batch["y"], axis=1)):
            loss += tf.reduce_mean((a - b) ** 2)
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [switch, w_in, w_out]}
