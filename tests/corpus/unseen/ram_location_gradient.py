"""The glimpse location l_t is produced by a trainable head and consumed by the glimpse network, without being
detached, so the classification loss trains the location head. Source: https://github.com/kevinzakka/recurrent-visual-attention/issues/29"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "loc = tf.tanh(mean + 0.1 * noise[:, t])",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, steps, d, h, c = 5, 3, 6, 7, 4

    def var(name, *shape):
        return tf.Variable((0.5 * rng.standard_normal(shape)).astype(keras.config.floatx()), name=name)

    w_glimpse, w_where = var("w_glimpse", d, h), var("w_where", 2, h)
    w_rec = var("w_rec", h, h)
    w_loc, w_cls = var("w_loc", h, 2), var("w_cls", h, c)

    def log_prob(value, mean):
        return -tf.reduce_sum(tf.square((value - mean) / 0.1), axis=-1) / 2.0

    def reference(batch):
        hidden = tf.zeros_like(batch["patch"][:, 0, :1]) * tf.ones((1, h), w_rec.dtype)
        where = batch["start"]
        logps = []
        for t in range(steps):
            glimpse = tf.nn.relu(batch["patch"][:, t] @ w_glimpse + where @ w_where)
            hidden = tf.tanh(glimpse + hidden @ w_rec)
            centre = tf.tanh(tf.stop_gradient(hidden) @ w_loc)
            where = tf.stop_gradient(tf.tanh(centre + 0.1 * batch["noise"][:, t]))
            logps.append(log_prob(where, centre))
        scores = hidden @ w_cls
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], scores)
        total_logp = tf.add_n(logps) * 0.01
        return tf.reduce_mean(ce) - tf.reduce_mean(total_logp * batch["reward"])

    def candidate(batch):
        patch, noise = batch["patch"], batch["noise"]

        def core(x, l, state):
            phi = tf.nn.relu(x @ w_glimpse + l @ w_where)
            return tf.tanh(phi + state @ w_rec)

        loc = batch["start"]
        state = tf.zeros((n, h), w_rec.dtype)
        log_pi = 0.0
        for t in range(steps):
            state = core(patch[:, t], loc, state)
            mean = tf.tanh(tf.stop_gradient(state) @ w_loc)
            loc = tf.tanh(mean + 0.1 * noise[:, t])
            log_pi += log_prob(tf.stop_gradient(loc), mean)
        loss_action = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=state @ w_cls)
        )
        loss_reinforce = tf.reduce_mean(-0.01 * log_pi * batch["reward"])
        return loss_action + loss_reinforce

    f = keras.config.floatx()
    return {"reference": reference, "candidate": candidate,
            "batch": {"patch": rng.standard_normal((n, steps, d)).astype(f),
                      "start": rng.uniform(-1, 1, (n, 2)).astype(f),
                      "noise": rng.standard_normal((n, steps, 2)).astype(f),
                      "label": rng.integers(0, c, n).astype("int32"),
                      "reward": (0.05 * rng.standard_normal(n)).astype(f)},
            "variables": [w_glimpse, w_where, w_rec, w_loc, w_cls]}
