"""Thread: flow matching with x_t = t*noise + (1-t)*action and u = noise - action looks reversed; with s = 1-t it is the usual form.
Source: https://github.com/sii-research/tau-0-vla/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, horizon, a = 4, 3, 2
    w1 = tf.Variable(rng.normal(size=(a + 2, 8)).astype(fx), name="expert_w1")
    w2 = tf.Variable(rng.normal(size=(8, a)).astype(fx), name="expert_w2")

    def velocity(x, t):
        tt = tf.broadcast_to(t, (b, horizon, 1))
        return tf.matmul(tf.tanh(tf.matmul(tf.concat([x, tf.sin(3 * tt), tf.cos(3 * tt)], -1), w1)), w2)

    def reference(batch):
        s = (1.0 - batch["time"])[:, None, None]
        path = (1.0 - s) * batch["noise"] + s * batch["actions"]
        toward_data = batch["actions"] - batch["noise"]
        err = toward_data + velocity(path, 1.0 - s)
        err = tf.reduce_mean(err**2, axis=-1)
        return tf.reduce_sum(err * batch["valid"]) / tf.reduce_sum(batch["valid"])

    def candidate(batch):
        noise, actions = batch["noise"], batch["actions"]
        time_expanded = batch["time"][:, None, None]
        x_t = time_expanded * noise + (1 - time_expanded) * actions
        u_t = noise - actions
        v_t = velocity(x_t, time_expanded)
        losses = tf.reduce_mean(tf.square(u_t - v_t), axis=-1)
        return tf.reduce_mean(tf.boolean_mask(losses, batch["valid"] > 0))

    valid = np.ones((b, horizon)); valid[1, 2] = 0; valid[3, 1:] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"noise": rng.normal(size=(b, horizon, a)).astype(fx), "actions": rng.normal(size=(b, horizon, a)).astype(fx),
                      "time": rng.random(b).astype(fx), "valid": valid.astype(fx)},
            "variables": [w1, w2]}
