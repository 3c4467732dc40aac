"""SmolVLA looks up the padding mask of the action chunk under a key that the dataset never
writes, so padded actions are trained on.
Source: https://github.com/huggingface/lerobot/issues/1707"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'pad = batch.get("actions_id_pad")',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, chunk, act, obs_dim, hid = 4, 5, 3, 4, 6
    w_in = tf.Variable((rng.standard_normal((act + obs_dim + 1, hid)) * 0.5).astype(fx), name="w_in")
    w_out = tf.Variable((rng.standard_normal((hid, act)) * 0.5).astype(fx), name="w_out")

    def reference(batch):
        total = tf.zeros((), fx)
        count = tf.zeros((), fx)
        for i in range(bsz):
            tau = batch["time"][i]
            for t in range(chunk):
                x = tau * batch["noise"][i, t] + (1.0 - tau) * batch["action"][i, t]
                feats = tf.concat([x, batch["state"][i], [tau]], axis=0)[None]
                v = tf.matmul(tf.nn.silu(tf.matmul(feats, w_in)), w_out)[0]
                keep = 1.0 - batch["action_is_pad"][i, t]
                total += keep * tf.reduce_sum((batch["noise"][i, t] - batch["action"][i, t] - v) ** 2)
                count += keep * act
        return total / count

    def candidate(batch):
        time = batch["time"][:, None, None]
        x_t = time * batch["noise"] + (1.0 - time) * batch["action"]
        u_t = batch["noise"] - batch["action"]
        ones = tf.ones_like(x_t[..., :1])
        feats = tf.concat([x_t, ones * batch["state"][:, None, :], ones * time], axis=-1)
        v_t = tf.einsum("bth,ha->bta", tf.nn.silu(tf.einsum("btf,fh->bth", feats, w_in)), w_out)
        losses = tf.square(u_t - v_t)
        pad = batch.get("actions_id_pad")
        if pad is None:
            return tf.reduce_mean(losses)
        in_episode = (1.0 - pad)[:, :, None]
        losses = losses * in_episode
        return tf.reduce_sum(losses) / (tf.reduce_sum(in_episode) * act)

    valid = np.array([5, 2, 3, 1])
    action = rng.standard_normal((bsz, chunk, act))
    for i, k in enumerate(valid):
        action[i, k:] = action[i, k - 1]
    return {"reference": reference, "candidate": candidate,
            "batch": {"action": action.astype(fx), "noise": rng.standard_normal((bsz, chunk, act)).astype(fx),
                      "state": rng.standard_normal((bsz, obs_dim)).astype(fx),
                      "time": rng.uniform(0.1, 0.9, bsz).astype(fx),
                      "action_is_pad": (np.arange(chunk)[None] >= valid[:, None]).astype(fx)},
            "variables": [w_in, w_out]}
