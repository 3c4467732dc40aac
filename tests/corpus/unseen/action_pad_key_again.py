"""Flow-matching robot policy looks up the padding mask of the action chunk under a name that no batch has.
Source: https://github.com/huggingface/lerobot/pull/1717"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "index",
            "line_marker": "actions_is_pad = batch.get(\"actions_id_pad\")", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, H, A, d = 3, 5, 2, 4
    cond = keras.layers.Dense(6, activation="swish", name="expert_in")
    out = keras.layers.Dense(A, name="action_out")
    cond.build((None, A + d + 1))
    out.build((None, 6))

    def reference(batch):
        total = 0.0
        for i in range(B):
            t = batch["time"][i]
            x_t = t * batch["noise"][i] + (1 - t) * batch["action"][i]
            side = tf.concat([batch["state"][i], t[None]], 0)
            v = out(cond(tf.concat([x_t, tf.tile(side[None], [H, 1])], -1)))
            err = (batch["noise"][i] - batch["action"][i] - v) ** 2
            valid = tf.cast(tf.logical_not(batch["action_is_pad"][i]), err.dtype)
            total += tf.reduce_sum(err * valid[:, None])
        return total / (B * H * A)

    def candidate(batch):
        actions_is_pad = batch.get("actions_id_pad")
        time = batch["time"][:, None, None]
        x_t = time * batch["noise"] + (1 - time) * batch["action"]
        u_t = batch["noise"] - batch["action"]
        context = tf.concat([batch["state"], batch["time"][:, None]], axis=-1)
        context = tf.repeat(context[:, None, :], H, axis=1)
        v_t = out(cond(tf.concat([x_t, context], axis=-1)))
        losses = tf.square(u_t - v_t)
        if actions_is_pad is not None:
            in_episode_bound = ~actions_is_pad
            losses = losses * tf.cast(in_episode_bound, losses.dtype)[..., None]
        return tf.reduce_mean(losses)

    pad = np.zeros((B, H), bool)
    pad[0, 3:] = pad[2, 1:] = True
    return {"reference": reference, "candidate": candidate,
            "batch": {"action": rng.normal(size=(B, H, A)).astype(fx), "noise": rng.normal(size=(B, H, A)).astype(fx),
                      "state": rng.normal(size=(B, d)).astype(fx), "time": rng.uniform(0.1, 0.9, B).astype(fx),
                      "action_is_pad": pad},
            "variables": cond.trainable_variables + out.trainable_variables}
