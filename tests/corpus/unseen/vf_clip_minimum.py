"""PPO's clipped value loss takes the minimum of the clipped and unclipped squared errors;
Baselines takes the maximum.
Source: https://github.com/ray-project/ray/issues/2233"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'vf_loss = tf.minimum(vf_loss1, vf_loss2)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs_dim, clip, vf_clip, vf_coef = 8, 4, 0.2, 0.3, 0.7
    w1 = tf.Variable((rng.standard_normal((obs_dim, 6)) * 0.6).astype(fx), name="w1")
    w_v = tf.Variable((rng.standard_normal((6, 1)) * 0.8).astype(fx), name="w_v")
    w_p = tf.Variable((rng.standard_normal((6, 3)) * 0.6).astype(fx), name="w_p")

    def reference(batch):
        h = tf.tanh(tf.matmul(batch["obs"], w1))
        logp = tf.nn.log_softmax(tf.matmul(h, w_p))
        lp = tf.reduce_sum(logp * tf.one_hot(batch["actions"], 3, dtype=fx), axis=1)
        r = tf.exp(lp - batch["old_logp"])
        pg = tf.minimum(r * batch["adv"], tf.clip_by_value(r, 1 - clip, 1 + clip) * batch["adv"])
        v = tf.matmul(h, w_v)[:, 0]
        v_clip = batch["old_v"] + tf.clip_by_value(v - batch["old_v"], -vf_clip, vf_clip)
        vf = tf.maximum((v - batch["returns"]) ** 2, (v_clip - batch["returns"]) ** 2)
        return tf.reduce_sum(batch["valid"] * (vf_coef * vf - pg)) / tf.reduce_sum(batch["valid"])

    def candidate(batch):
        hidden = tf.tanh(tf.matmul(batch["obs"], w1))
        value_fn = tf.squeeze(tf.matmul(hidden, w_v), axis=-1)
        curr_logp = tf.gather(tf.nn.log_softmax(tf.matmul(hidden, w_p)), batch["actions"], batch_dims=1)
        ratio = tf.exp(curr_logp - batch["old_logp"])
        surr = tf.minimum(batch["adv"] * ratio, batch["adv"] * tf.clip_by_value(ratio, 1 - clip, 1 + clip))
        vf_loss1 = tf.square(value_fn - batch["returns"])
        vf_clipped = batch["old_v"] + tf.clip_by_value(value_fn - batch["old_v"], -vf_clip, vf_clip)
        vf_loss2 = tf.square(vf_clipped - batch["returns"])
        vf_loss = tf.minimum(vf_loss1, vf_loss2)
        loss = tf.boolean_mask(vf_coef * vf_loss - surr, batch["valid"] > 0.5)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, obs_dim)).astype(fx),
                      "actions": rng.integers(0, 3, n).astype("int32"),
                      "old_logp": (rng.standard_normal(n) * 0.3 - 1.1).astype(fx),
                      "adv": rng.standard_normal(n).astype(fx), "old_v": rng.standard_normal(n).astype(fx),
                      "returns": (rng.standard_normal(n) * 1.5).astype(fx),
                      "valid": np.array([1, 1, 1, 1, 0, 1, 1, 1]).astype(fx)},
            "variables": [w1, w_v, w_p]}
