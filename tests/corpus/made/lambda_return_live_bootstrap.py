"""Lambda-return critic: the bootstrap values inside the targets are not detached.

Source (realistic): GAE/lambda-return helpers that expect detached values (as rollout buffers hold) called with the
live outputs of the critic in a single train step.
Right answer: NOT equivalent; same loss value, but gradients also flow through the targets (residual gradient).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "boot = values[:, 1:]",
    "same_forward_value": True,
}

_GAMMA, _LAM = 0.97, 0.9


def lambda_returns(rew, cont, boot):
    out, last = [], boot[:, -1]
    for s in reversed(range(rew.shape[1])):
        last = rew[:, s] + _GAMMA * cont[:, s] * ((1.0 - _LAM) * boot[:, s] + _LAM * last)
        out.insert(0, last)
    return tf.stack(out, axis=1)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, hid = 13, 4, 5, 6
    critic = keras.Sequential(
        [
            keras.Input((t + 1, d), dtype=f),
            keras.layers.Dense(hid, activation="tanh", name="critic_h"),
            keras.layers.Dense(1, name="critic_v"),
        ]
    )
    critic.set_weights([0.6 * rng.standard_normal(p.shape) for p in critic.get_weights()])
    batch = {
        "obs": rng.standard_normal((n, t + 1, d)).astype(f),
        "rew": rng.standard_normal((n, t)).astype(f),
        "cont": (rng.random((n, t)) > 0.15).astype(f),
    }

    def reference(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            v = critic(b["obs"][i : i + 1])[0, :, 0]
            fixed = tf.stop_gradient(v)
            last = fixed[t]
            for s in reversed(range(t)):
                last = b["rew"][i, s] + _GAMMA * b["cont"][i, s] * ((1 - _LAM) * fixed[s + 1] + _LAM * last)
                total += 0.5 * tf.square(v[s] - last)
        return total / (m * t)

    def candidate(b):
        values = tf.squeeze(critic(b["obs"]), axis=-1)
        boot = values[:, 1:]
        target = lambda_returns(b["rew"], b["cont"], boot)
        return 0.5 * tf.reduce_mean(tf.square(values[:, :-1] - target))

    return {
        "variables": critic.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
