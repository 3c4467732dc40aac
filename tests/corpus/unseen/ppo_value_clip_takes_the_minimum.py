"""PPO clipped value loss with the minimum of both squared errors instead of the maximum.

Source (real): https://github.com/leggedrobotics/rsl_rl/issues/152
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'value_loss = tf.reduce_mean(tf.minimum(value_losses, value_losses_clipped))',
    "same_forward_value": False,
}

CLIP, VALUE_COEF = 0.2, 1.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 16, 6, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "actions": f(n, a), "adv": f(n, 1), "returns": f(n, 1)}
    actor = tf.Variable(0.3 * f(d, a), name="actor")
    log_std = tf.Variable(0.1 * f(a), name="log_std")
    critic = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="elu"), tf.keras.layers.Dense(1)])
    critic.build((None, d))
    critic.set_weights([0.5 * rng.normal(size=w.shape) for w in critic.get_weights()])
    batch["target_values"] = critic(batch["obs"]).numpy() + 0.4 * f(n, 1)

    def log_prob(b):
        z = (b["actions"] - tf.matmul(b["obs"], actor)) / tf.exp(log_std)
        return tf.reduce_sum(-0.5 * z * z - log_std, axis=-1, keepdims=True)

    batch["old_logp"] = log_prob(batch).numpy() + 0.1 * f(n, 1)

    def surrogate_loss(b):
        ratio = tf.exp(log_prob(b) - b["old_logp"])
        surrogate = -b["adv"] * ratio
        clipped = -b["adv"] * tf.clip_by_value(ratio, 1.0 - CLIP, 1.0 + CLIP)
        return tf.reduce_mean(tf.maximum(surrogate, clipped))

    def reference(b):
        n = len(b["obs"])
        v = critic(b["obs"])
        total = 0.0
        for i in range(n):
            old, ret = b["target_values"][i, 0], b["returns"][i, 0]
            vc = old + tf.clip_by_value(v[i, 0] - old, -CLIP, CLIP)
            e1, e2 = (v[i, 0] - ret) ** 2, (vc - ret) ** 2
            total += e1 if e1 >= e2 else e2
        return surrogate_loss(b) + VALUE_COEF * total / n

    def candidate(b):
        value = critic(b["obs"])
        delta = tf.clip_by_value(value - b["target_values"], -CLIP, CLIP)
        value_clipped = b["target_values"] + delta
        value_losses = tf.square(value - b["returns"])
        value_losses_clipped = tf.square(value_clipped - b["returns"])
        value_loss = tf.reduce_mean(tf.minimum(value_losses, value_losses_clipped))
        return surrogate_loss(b) + VALUE_COEF * value_loss

    variables = [actor, log_std] + [v.value for v in critic.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
