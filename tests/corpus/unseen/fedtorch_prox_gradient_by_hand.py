"""FedProx in FedTorch: the printed loss has mu/2 ||w - w_s|| without the square and from .data, which looks wrong; the gradient
mu (w - w_s) is added by hand and is right.
Source: https://github.com/MLOPTPSU/FedTorch/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(5, 4)).astype(f), name="w")
    b = tf.Variable(rng.normal(size=(4,)).astype(f), name="b")
    mu = 0.6

    def reference(batch):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=batch["x"] @ w + b)
        prox = tf.reduce_sum(tf.square(w - batch["server_w"])) + tf.reduce_sum(tf.square(b - batch["server_b"]))
        return tf.reduce_mean(ce) + 0.5 * mu * prox

    def candidate(batch):
        @tf.custom_gradient
        def add_to_grad(param, extra):
            # param.grad.data += extra
            def grad(upstream):
                return upstream + extra, None
            return tf.identity(param), grad

        params = {"w": w, "b": b}
        server = {"w": batch["server_w"], "b": batch["server_b"]}
        shown, net = 0.0, {}
        for name, client_param in params.items():
            distance = tf.stop_gradient(client_param - server[name])
            shown += mu / 2 * tf.norm(distance)
            net[name] = add_to_grad(client_param, mu * distance)
        logits = tf.matmul(batch["x"], net["w"]) + net["b"]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["y"], logits)
        return loss + shown

    batch = {"x": rng.normal(size=(15, 5)).astype(f), "y": rng.integers(0, 4, 15).astype("int32"),
             "server_w": rng.normal(size=(5, 4)).astype(f), "server_b": rng.normal(size=(4,)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
