"""The vectorised REINFORCE update weighs every log-probability of an episode by one return;
the PR says each step needs its own discounted return-to-go.
Source: https://github.com/huggingface/deep-rl-class/pull/70"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'returns = tf.reduce_sum(discounts * masked_r, axis=1, keepdims=True) * tf.ones_like(masked_r)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    episodes, horizon, obs_dim, n_act, gamma = 4, 6, 5, 3, 0.9
    w = tf.Variable((rng.standard_normal((obs_dim, n_act)) * 0.5).astype(fx), name="w")
    b = tf.Variable((rng.standard_normal(n_act) * 0.1).astype(fx), name="b")
    lengths = rng.integers(3, horizon + 1, episodes)
    valid = (np.arange(horizon)[None] < lengths[:, None]).astype(fx)

    def reference(batch):
        total = tf.zeros((), dtype=fx)
        for i in range(episodes):
            logits = tf.matmul(batch["obs"][i], w) + b
            logp = tf.nn.log_softmax(logits)
            running = tf.zeros((), dtype=fx)
            for t in reversed(range(horizon)):
                running = batch["valid"][i, t] * batch["rewards"][i, t] + gamma * running
                picked = logp[t, batch["actions"][i, t]]
                total -= batch["valid"][i, t] * picked * running
        return total / episodes

    def candidate(batch):
        logp = tf.nn.log_softmax(tf.einsum("btd,da->bta", batch["obs"], w) + b, axis=-1)
        chosen = tf.gather(logp, batch["actions"], batch_dims=2)
        steps = tf.cast(tf.range(horizon), fx)
        discounts = tf.pow(tf.constant(gamma, fx), steps)[None, :]
        masked_r = batch["rewards"] * batch["valid"]
        returns = tf.reduce_sum(discounts * masked_r, axis=1, keepdims=True) * tf.ones_like(masked_r)
        per_step = -chosen * returns * batch["valid"]
        return tf.reduce_mean(tf.reduce_sum(per_step, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((episodes, horizon, obs_dim)).astype(fx),
                      "actions": rng.integers(0, n_act, (episodes, horizon)).astype("int32"),
                      "rewards": rng.standard_normal((episodes, horizon)).astype(fx),
                      "valid": valid},
            "variables": [w, b]}
