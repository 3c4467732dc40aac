"""FedProx loss of a client: the quadratic part mu/2 <w, w> is assigned to loss_algo and the next line overwrites it with the
linear part instead of adding to it, so that only the linear pull is left.
Source: https://github.com/alpemreacar/FedDyn/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_algo = -mu * tf.reduce_sum(local_par_list * avg_model)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(5, 3)).astype(f), name="w")
    b = tf.Variable(rng.normal(size=(3,)).astype(f), name="b")
    mu = 0.7

    def reference(batch):
        logp = tf.nn.log_softmax(batch["x"] @ w + b, axis=-1)
        task = -tf.reduce_mean(tf.gather(logp, batch["y"], axis=1, batch_dims=1))
        offset, prox = 0, 0.0
        for v in (w, b):
            size = int(np.prod(v.shape))
            server = tf.reshape(batch["avg"][offset:offset + size], v.shape)
            prox += tf.reduce_sum(tf.square(v - server)) - tf.reduce_sum(tf.square(server))
            offset += size
        return task + 0.5 * mu * prox

    def candidate(batch):
        avg_model = batch["avg"]
        y_pred = tf.matmul(batch["x"], w) + b
        # get f_i estimate
        loss_f_i = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=y_pred)
        loss_f_i = tf.reduce_sum(loss_f_i) / tf.cast(tf.shape(batch["y"])[0], f)
        # flatten the local model
        local_par_list = None
        for param in [w, b]:
            if local_par_list is None:
                local_par_list = tf.reshape(param, [-1])
            else:
                local_par_list = tf.concat([local_par_list, tf.reshape(param, [-1])], 0)
        loss_algo = mu / 2 * tf.reduce_sum(local_par_list * local_par_list)
        loss_algo = -mu * tf.reduce_sum(local_par_list * avg_model)
        return loss_f_i + loss_algo

    batch = {"x": rng.normal(size=(14, 5)).astype(f), "y": rng.integers(0, 3, 14).astype("int32"),
             "avg": rng.normal(size=(18,)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
