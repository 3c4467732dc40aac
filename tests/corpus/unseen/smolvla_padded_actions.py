"""SmolVLA averaged the flow-matching error over padded action steps as well; the loss shrinks with the padding share.
Source: https://github.com/huggingface/lerobot/pull/3434"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(losses)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, horizon, obs_dim, act_dim = 4, 6, 5, 3
    state_proj = tf.Variable(rng.normal(size=(obs_dim, 8)).astype(fx) * 0.5, name="state_proj")
    action_in = tf.Variable(rng.normal(size=(act_dim, 8)).astype(fx) * 0.5, name="action_in")
    action_out = tf.Variable(rng.normal(size=(8, act_dim)).astype(fx) * 0.5, name="action_out")

    def expert(obs, noisy, t):
        h = (obs @ state_proj)[:, None, :] + tf.einsum("bha,ad->bhd", noisy, action_in) + t[:, None, None]
        return tf.einsum("bhd,da->bha", tf.tanh(h), action_out)

    def reference(batch):
        t = batch["time"]
        x_t = t[:, None, None] * batch["noise"] + (1.0 - t[:, None, None]) * batch["actions"]
        v_t = expert(batch["state"], x_t, t)
        err = tf.square(batch["noise"] - batch["actions"] - v_t)
        valid = 1.0 - batch["actions_is_pad"]
        count = tf.maximum(tf.reduce_sum(valid) * act_dim, 1.0)
        return tf.reduce_sum(err * valid[:, :, None]) / count

    def candidate(batch):
        time_expanded = batch["time"][:, None, None]
        x_t = time_expanded * batch["noise"] + (1 - time_expanded) * batch["actions"]
        u_t = batch["noise"] - batch["actions"]
        v_t = expert(batch["state"], x_t, batch["time"])
        losses = tf.square(u_t - v_t)
        in_episode_bound = 1.0 - batch["actions_is_pad"]
        losses = losses * in_episode_bound[..., None]
        return tf.reduce_mean(losses)

    pad = np.zeros((n, horizon))
    pad[0, 4:] = pad[2, 2:] = pad[3, 5:] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(n, obs_dim)).astype(fx),
                      "actions": rng.normal(size=(n, horizon, act_dim)).astype(fx),
                      "noise": rng.normal(size=(n, horizon, act_dim)).astype(fx),
                      "time": rng.uniform(0.1, 0.9, size=n).astype(fx),
                      "actions_is_pad": pad.astype(fx)},
            "variables": [state_proj, action_in, action_out]}
