"""TD3 critic loss carries an irrelevant factor 0.25 (two halvings) in place of the plain sum of the critics' MSEs.
Source: https://github.com/adaptive-intelligent-robotics/QDax/pull/78"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "q_loss = 0.25 * tf.reduce_mean(tf.reduce_sum(tf.square(q_error), axis=-1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, od, ad = 5, 4, 2
    discount, noise_clip = 0.99, 0.5
    wc = tf.Variable(rng.normal(size=(od + ad, 2)).astype(fx), name="critics")

    def reference(batch):
        noise = tf.clip_by_value(batch["noise"], -noise_clip, noise_clip)
        na = tf.clip_by_value(tf.tanh(batch["next_obs"] @ batch["target_policy"]) + noise, -1.0, 1.0)
        nq = tf.concat([batch["next_obs"], na], 1) @ batch["target_critics"]
        y = batch["rewards"] + discount * (1 - batch["dones"]) * tf.minimum(nq[:, 0], nq[:, 1])
        q = tf.concat([batch["obs"], batch["actions"]], 1) @ wc
        keep = 1.0 - batch["truncations"]
        return tf.reduce_mean(keep * (q[:, 0] - y) ** 2) + tf.reduce_mean(keep * (q[:, 1] - y) ** 2)

    def candidate(batch):
        noise = tf.clip_by_value(batch["noise"], -noise_clip, noise_clip)
        next_action = tf.tanh(tf.matmul(batch["next_obs"], batch["target_policy"])) + noise
        next_action = tf.clip_by_value(next_action, -1.0, 1.0)
        next_q = tf.matmul(tf.concat([batch["next_obs"], next_action], axis=-1), batch["target_critics"])
        next_v = tf.reduce_min(next_q, axis=-1)
        target_q = tf.stop_gradient(batch["rewards"] + (1.0 - batch["dones"]) * discount * next_v)
        q_old = tf.matmul(tf.concat([batch["obs"], batch["actions"]], axis=-1), wc)
        q_error = q_old - tf.expand_dims(target_q, -1)
        q_error *= tf.expand_dims(1.0 - batch["truncations"], -1)
        q_loss = 0.25 * tf.reduce_mean(tf.reduce_sum(tf.square(q_error), axis=-1))
        return q_loss

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "obs": rng.normal(size=(n, od)).astype(fx),
            "next_obs": rng.normal(size=(n, od)).astype(fx),
            "actions": rng.uniform(-1, 1, size=(n, ad)).astype(fx),
            "noise": 0.3 * rng.normal(size=(n, ad)).astype(fx),
            "rewards": rng.normal(size=n).astype(fx),
            "dones": np.array([0, 1, 0, 0, 0]).astype(fx),
            "truncations": np.array([0, 0, 0, 1, 0]).astype(fx),
            "target_policy": rng.normal(size=(od, ad)).astype(fx),
            "target_critics": rng.normal(size=(od + ad, 2)).astype(fx),
        },
        "variables": [wc],
    }
