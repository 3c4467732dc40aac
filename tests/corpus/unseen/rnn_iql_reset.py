"""Recurrent IQL resets the hidden state with the done flag of the current step rather than the preceding one.
Source: https://github.com/bold-lab-ai/JaxMARL/pull/127"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'keep = 1.0 - tf.cast(dones[t], h.dtype)[:, None]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    T, n, d, hid, n_act = 5, 4, 3, 5, 3
    wx, wh, wq = var("wx", d, hid), var("wh", hid, hid), var("wq", hid, n_act)

    def td(q_all, batch):
        q_taken = tf.gather(q_all[:-1], batch["act"][:-1], batch_dims=2)
        best = tf.reduce_max(q_all[1:], axis=-1)
        y = batch["rew"][:-1] + 0.95 * (1.0 - tf.cast(batch["dones"][:-1], q_all.dtype)) * best
        return tf.reduce_mean((q_taken - tf.stop_gradient(y)) ** 2)

    def reference(batch):
        flags = tf.cast(batch["dones"], wx.dtype)
        before = tf.concat([tf.zeros_like(flags[:1]), flags[:-1]], axis=0)
        h, qs = tf.zeros([n, hid], wx.dtype), []
        for x, last_done in zip(tf.unstack(batch["obs"]), tf.unstack(before)):
            h = h * (1.0 - last_done)[:, None]
            h = tf.tanh(x @ wx + h @ wh)
            qs.append(h @ wq)
        return td(tf.stack(qs), batch)

    def candidate(batch):
        obs, dones = batch["obs"], batch["dones"]
        h = tf.zeros([obs.shape[1], hid], obs.dtype)
        outputs = []
        for t in range(obs.shape[0]):
            keep = 1.0 - tf.cast(dones[t], h.dtype)[:, None]
            if t > 0:
                h = keep * h
            h = tf.tanh(tf.matmul(obs[t], wx) + tf.matmul(h, wh))
            outputs.append(tf.matmul(h, wq))
        return td(tf.stack(outputs, axis=0), batch)

    dones = np.zeros((T, n), "int32")
    dones[1, 0] = dones[2, 2] = dones[3, 1] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(T, n, d), "dones": dones, "act": rng.integers(0, n_act, (T, n)), "rew": arr(T, n)},
            "variables": [wx, wh, wq]}
