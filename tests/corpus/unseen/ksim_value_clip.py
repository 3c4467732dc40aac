"""PPO value clipping: the clip is taken around the return instead of the old value, so the clipped branch never wins.
Source: https://github.com/kscalelabs/ksim/pull/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "clipped_pred = returns + tf.clip_by_value(value_pred - returns, -clip_param, clip_param)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, E, d, clip_param, vcoef = 4, 5, 4, 0.2, 0.5
    critic = [tf.Variable(rng.standard_normal(s) * 0.6, dtype=fx, name=m) for m, s in (("c1", (d, 8)), ("c2", (8, 1)))]
    actor = tf.Variable(rng.standard_normal((d, 3)) * 0.4, dtype=fx, name="actor")

    def values(obs):
        return tf.squeeze(tf.tanh(obs @ critic[0]) @ critic[1], axis=-1)

    def policy_loss(batch):
        lp = tf.gather(tf.nn.log_softmax(batch["obs"] @ actor), batch["act"], batch_dims=2)
        ratio = tf.exp(lp - batch["old_lp"])
        adv = batch["ret"] - batch["old_v"]
        return -tf.reduce_mean(tf.minimum(ratio * adv, tf.clip_by_value(ratio, 0.8, 1.2) * adv))

    def reference(batch):
        v = values(batch["obs"])
        v_clip = batch["old_v"] + tf.clip_by_value(v - batch["old_v"], -clip_param, clip_param)
        worst = tf.maximum((v - batch["ret"]) ** 2, (v_clip - batch["ret"]) ** 2)
        return policy_loss(batch) + vcoef * tf.reduce_mean(worst)

    def candidate(batch):
        returns, initial_values = batch["ret"], batch["old_v"]
        value_pred = values(batch["obs"])

        def clipped_value_loss():
            clipped_pred = returns + tf.clip_by_value(value_pred - returns, -clip_param, clip_param)
            return tf.reduce_mean(tf.maximum(tf.square(value_pred - returns), tf.square(clipped_pred - returns)))

        tf.debugging.assert_equal(tf.shape(initial_values), tf.shape(value_pred))
        value_loss = clipped_value_loss()
        return policy_loss(batch) + vcoef * value_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((T, E, d)).astype(fx), "act": rng.integers(0, 3, (T, E)).astype("int32"),
                      "old_lp": (-1.1 + 0.2 * rng.standard_normal((T, E))).astype(fx),
                      "old_v": rng.standard_normal((T, E)).astype(fx), "ret": rng.standard_normal((T, E)).astype(fx) * 1.5},
            "variables": [*critic, actor]}
