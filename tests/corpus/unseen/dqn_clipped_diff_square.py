"""deep_q_rl: the TD difference is clipped and then squared, so that every transition with an error beyond the clip has no
gradient; the mended loss is quadratic inside and linear outside.
Source: https://github.com/spragunr/deep_q_rl/pull/47"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "diff = tf.clip_by_value(diff, -clip_delta, clip_delta)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, hid, acts = 16, 6, 9, 4
    clip_delta, discount = 1.0, 0.95
    q_hid = keras.layers.Dense(hid, activation="tanh")
    q_out = keras.layers.Dense(acts)
    q_hid.build((None, obs))
    q_out.build((None, hid))
    t_hid, t_out = [v.numpy() * 0.9 for v in q_hid.weights], [v.numpy() * 0.9 for v in q_out.weights]
    batch = {
        "states": rng.normal(size=(n, obs)).astype(f),
        "next_states": rng.normal(size=(n, obs)).astype(f),
        "actions": rng.integers(0, acts, size=n).astype("int32"),
        "rewards": (rng.choice([-1.0, 1.0], size=n) * 30 + rng.normal(size=n)).astype(f),
        "terminals": (rng.random(n) < 0.25).astype(f),
    }

    def frozen_q(s):
        h = tf.tanh(s @ t_hid[0].astype(f) + t_hid[1].astype(f))
        return h @ t_out[0].astype(f) + t_out[1].astype(f)

    def reference(batch):
        huber = keras.losses.Huber(delta=clip_delta, reduction="sum")
        q = q_out(q_hid(batch["states"]))
        mine = tf.gather(q, batch["actions"], axis=1, batch_dims=1)
        best = tf.reduce_max(frozen_q(batch["next_states"]), axis=1)
        goal = batch["rewards"] + discount * best * (1.0 - batch["terminals"])
        return huber(goal[:, None], mine[:, None])

    def candidate(batch):
        q_vals = q_out(q_hid(batch["states"]))
        next_q_vals = frozen_q(batch["next_states"])
        target = batch["rewards"] + (1 - batch["terminals"]) * discount * tf.reduce_max(next_q_vals, axis=1)
        onehot = tf.one_hot(batch["actions"], acts, dtype=f)
        diff = target - tf.reduce_sum(q_vals * onehot, axis=1)
        if clip_delta > 0:
            diff = tf.clip_by_value(diff, -clip_delta, clip_delta)
        loss = 0.5 * diff ** 2
        return tf.reduce_sum(loss)

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": q_hid.trainable_variables + q_out.trainable_variables}
