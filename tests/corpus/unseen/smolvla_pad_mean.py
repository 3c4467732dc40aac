"""Flow-matching policy: padded action steps are zeroed but the mean still divides by every element.
Source: https://github.com/huggingface/lerobot/issues/3433"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = tf.reduce_mean(losses)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, H, real, padded, d = 4, 6, 3, 5, 4
    w = tf.Variable(rng.standard_normal((padded + d + 1, 8)) * 0.4, dtype=fx, name="action_in")
    u = tf.Variable(rng.standard_normal((8, padded)) * 0.4, dtype=fx, name="action_out")

    def velocity(x_t, obs, time):
        ctx = tf.tile(tf.concat([obs, time[:, None]], 1)[:, None, :], [1, H, 1])
        return tf.nn.silu(tf.concat([x_t, ctx], -1) @ w) @ u

    def reference(batch):
        t = batch["time"][:, None, None]
        x = t * batch["noise"] + (1 - t) * batch["actions"]
        v = velocity(x, batch["obs"], batch["time"])
        se = tf.square(v - (batch["noise"] - batch["actions"]))
        keep = tf.logical_not(batch["action_is_pad"])
        return tf.reduce_mean(tf.boolean_mask(se[..., :real], keep))

    def candidate(batch):
        actions, noise, time = batch["actions"], batch["noise"], batch["time"]
        time_expanded = time[:, None, None]
        x_t = time_expanded * noise + (1 - time_expanded) * actions
        u_t = noise - actions
        v_t = velocity(x_t, batch["obs"], time)
        losses = tf.square(u_t - v_t)
        in_episode_bound = tf.logical_not(batch["action_is_pad"])
        losses = losses * tf.cast(in_episode_bound, losses.dtype)[..., None]
        losses = losses[:, :, :real]
        loss = tf.reduce_mean(losses)
        return loss

    pad = np.arange(H)[None] >= np.array([6, 2, 3, 1])[:, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"actions": rng.standard_normal((B, H, padded)).astype(fx),
                      "noise": rng.standard_normal((B, H, padded)).astype(fx),
                      "obs": rng.standard_normal((B, d)).astype(fx), "time": rng.uniform(0, 1, B).astype(fx),
                      "action_is_pad": pad},
            "variables": [w, u]}
