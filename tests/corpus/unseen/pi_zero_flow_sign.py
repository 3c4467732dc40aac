"""The action expert is trained on the flow action - noise, the denoising field asked for is noise - action.
Source: https://github.com/lucidrains/pi-zero-pytorch/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "flow = actions - noise",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, d, s = 4, 3, 4, 5
    w_state = tf.Variable(rng.normal(size=(s, 8)).astype(fx), name="w_state")
    w_act = tf.Variable(rng.normal(size=(d + 1, 8)).astype(fx), name="w_act")
    w_out = tf.Variable(rng.normal(size=(8, d)).astype(fx), name="w_out")

    def reference(batch):
        total = 0.0
        for i in range(n):
            tau = batch["times"][i]
            a_tau = tau * batch["actions"][i] + (1 - tau) * batch["noise"][i]
            inp = tf.concat([a_tau, tf.fill([h, 1], tau)], axis=1)
            hid = tf.nn.silu(tf.matmul(inp, w_act) + tf.matmul(batch["state"][i][None], w_state))
            field = batch["noise"][i] - batch["actions"][i]
            total += tf.reduce_mean((tf.matmul(hid, w_out) - field) ** 2)
        return total / n

    def candidate(batch):
        actions, noise = batch["actions"], batch["noise"]
        times = batch["times"][:, tf.newaxis, tf.newaxis]
        flow = actions - noise
        noised_actions = noise + times * (actions - noise)
        tokens = tf.concat([noised_actions, tf.broadcast_to(times, [n, h, 1])], axis=-1)
        hidden = tf.nn.silu(tf.einsum("nhd,de->nhe", tokens, w_act) + tf.matmul(batch["state"], w_state)[:, None])
        pred_actions_flow = tf.einsum("nhe,ed->nhd", hidden, w_out)
        return tf.reduce_mean(tf.math.squared_difference(flow, pred_actions_flow))

    return {"reference": reference, "candidate": candidate,
            "batch": {"actions": (rng.normal(size=(n, h, d)) + 0.5).astype(fx),
                      "noise": rng.normal(size=(n, h, d)).astype(fx), "times": rng.uniform(size=n).astype(fx),
                      "state": rng.normal(size=(n, s)).astype(fx)},
            "variables": [w_state, w_act, w_out]}
