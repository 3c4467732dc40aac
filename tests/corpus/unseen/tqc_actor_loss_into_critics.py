"""The joint TQC loss lets the actor term raise the critics' own weights, since that pass is not frozen.
Source: https://github.com/ray-project/ray/pull/65125"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "qf_curr = quantiles(batch[\"obs\"], curr_actions, kernel, bias)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, nets, k, alpha = 6, 4, 2, 2, 5, 0.1
    policy = keras.layers.Dense(a, name="policy")
    policy.build((None, s))
    kernel = tf.Variable((0.5 * rng.normal(size=(nets, s + a, k))).astype(fx), name="qf_kernel")
    bias = tf.Variable((0.1 * rng.normal(size=(nets, 1, k))).astype(fx), name="qf_bias")

    def quantiles(obs, actions, w, c):
        x = tf.concat([obs, actions], axis=-1)
        return tf.tanh(tf.einsum("bi,nik->nbk", x, w) + c) * 3.0

    def critic_term(z, target):
        tau = (tf.range(k, dtype=z.dtype) + 0.5) / k
        u = target[None, :, None, :] - z[..., None]
        huber = tf.where(tf.abs(u) <= 1.0, 0.5 * u ** 2, tf.abs(u) - 0.5)
        return tf.reduce_mean(tf.abs(tau[None, None, :, None] - tf.cast(u < 0, z.dtype)) * huber)

    def reference(batch):
        td = critic_term(quantiles(batch["obs"], batch["actions"], kernel, bias), batch["target"])
        fixed_w, fixed_b = tf.stop_gradient(kernel), tf.stop_gradient(bias)
        pi = tf.tanh(policy(batch["obs"]) + batch["noise"])
        value = tf.reduce_mean(quantiles(batch["obs"], pi, fixed_w, fixed_b), axis=[0, 2])
        return td + tf.reduce_mean(alpha * tf.reduce_sum(pi ** 2, axis=1) - value)

    def candidate(batch):
        qf_preds = quantiles(batch["obs"], batch["actions"], kernel, bias)
        critic_loss = critic_term(qf_preds, batch["target"])
        curr_actions = tf.tanh(policy(batch["obs"]) + batch["noise"])
        qf_curr = quantiles(batch["obs"], curr_actions, kernel, bias)
        q_mean = tf.reduce_mean(tf.reduce_mean(qf_curr, axis=-1), axis=0)
        actor_loss = tf.reduce_mean(alpha * tf.reduce_sum(tf.square(curr_actions), axis=-1) - q_mean)
        return critic_loss + actor_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s)).astype(fx), "actions": rng.uniform(-1, 1, (n, a)).astype(fx),
                      "noise": (0.3 * rng.normal(size=(n, a))).astype(fx),
                      "target": rng.normal(size=(n, 3 * 2)).astype(fx)},
            "variables": policy.trainable_variables + [kernel, bias]}
