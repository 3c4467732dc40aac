"""FedProx client: the list of "global" parameters is the list of the net's own parameters and no detached copy of what the server
sent, so that the proximal term is always 0.
Source: https://github.com/flwrlabs/flower/pull/1654"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "global_params = list(net_parameters)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w1 = tf.Variable((rng.normal(size=(5, 6)) * 0.5).astype(f), name="w1")
    b1 = tf.Variable((rng.normal(size=(6,)) * 0.5).astype(f), name="b1")
    w2 = tf.Variable((rng.normal(size=(6, 1)) * 0.5).astype(f), name="w2")
    mu = 0.3

    def reference(batch):
        hidden = tf.tanh(batch["x"] @ w1 + b1)
        logit = tf.squeeze(hidden @ w2, axis=1)
        bce = tf.reduce_mean(tf.nn.softplus(logit) - batch["y"] * logit)
        received = {"w1": batch["server_w1"], "b1": batch["server_b1"], "w2": batch["server_w2"]}
        prox = tf.nn.l2_loss(w1 - received["w1"]) + tf.nn.l2_loss(b1 - received["b1"]) + tf.nn.l2_loss(w2 - received["w2"])
        return bce + mu * prox

    def candidate(batch):
        net_parameters = [w1, b1, w2]

        def forward(x):
            for i, p in enumerate([(w1, b1), (w2, None)]):
                x = tf.matmul(x, p[0])
                if p[1] is not None:
                    x = tf.nn.tanh(x + p[1])
            return x

        def set_weights():
            sent = [batch["server_w1"], batch["server_b1"], batch["server_w2"]]
            return [p.shape == s.shape for p, s in zip(net_parameters, sent)]

        assert all(set_weights())
        global_params = list(net_parameters)
        proximal_term = tf.zeros((), f)
        for local_weights, global_weights in zip(net_parameters, global_params):
            proximal_term += tf.reduce_sum((local_weights - global_weights) ** 2)
        outputs = forward(batch["x"])
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["y"][:, None], logits=outputs)
        return tf.reduce_mean(bce) + (mu / 2) * proximal_term

    batch = {"x": rng.normal(size=(15, 5)).astype(f), "y": rng.integers(0, 2, 15).astype(f),
             "server_w1": rng.normal(size=(5, 6)).astype(f), "server_b1": rng.normal(size=(6,)).astype(f),
             "server_w2": rng.normal(size=(6, 1)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
