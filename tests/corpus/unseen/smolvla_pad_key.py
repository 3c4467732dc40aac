"""The action padding mask is looked up under a key that the data set never emits, so padded steps are trained on.
Source: https://github.com/open-edge-platform/physical-ai-studio/pull/873"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "actions_is_pad = batch.get(pad_key)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    b, chunk, o, a, amax = 4, 5, 3, 2, 4
    w1, w2, w_t = var("w1", o + amax, 6), var("w2", 6, amax), var("w_time", 1, 6)

    def reference(batch):
        valid = 1.0 - batch["action_is_pad"]
        total = 0.0
        for k in range(chunk):
            act, eps, tm = batch["action"][:, k], batch["noise"][:, k], batch["time"]
            x_t = tm * eps + (1 - tm) * act
            v = tf.tanh(tf.concat([batch["state"], x_t], 1) @ w1 + tm @ w_t) @ w2
            err = ((eps - act) - v)[:, :a] ** 2
            total += tf.reduce_sum(err * valid[:, k:k + 1])
        return total / (b * chunk * a)

    def candidate(batch):
        pad_key = "extra.actions_id_pad"

        def velocity(state, x_t, time):
            state = tf.repeat(state[:, None], chunk, axis=1)
            hidden = tf.concat([state, x_t], axis=-1) @ w1 + (time @ w_t)[:, None]
            return tf.tanh(hidden) @ w2

        actions, noise = batch["action"], batch["noise"]
        time = batch["time"]
        x_t = time[:, None] * noise + (1.0 - time[:, None]) * actions
        losses = tf.square(noise - actions - velocity(batch["state"], x_t, time))
        actions_is_pad = batch.get(pad_key)
        if actions_is_pad is not None:
            in_episode = 1.0 - actions_is_pad
            losses = losses * in_episode[..., None]
        losses = losses[:, :, :a]
        return tf.reduce_mean(losses)

    pad = np.zeros((b, chunk))
    pad[0, 3:] = 1
    pad[2, 1:] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(b, o)).astype(dt), "action": rng.normal(size=(b, chunk, amax)).astype(dt),
                      "noise": rng.normal(size=(b, chunk, amax)).astype(dt), "time": rng.uniform(size=(b, 1)).astype(dt),
                      "action_is_pad": pad.astype(dt)},
            "variables": [w1, w2, w_t]}
