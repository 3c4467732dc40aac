"""LOLA reshapes a time-major concatenation straight to (batch, trace), mixing steps of different episodes.
Source: https://github.com/alshedivat/lola/issues/12"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "rewards = tf.reshape(flat_rewards, [batch_size, trace_length])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    batch_size, trace_length, obs, acts, gamma = 4, 3, 5, 4, 0.9
    pi = tf.Variable(rng.normal(size=(obs, acts)).astype(fx), name="pi")
    v = tf.Variable(rng.normal(size=(obs,)).astype(fx), name="v")

    def reference(batch):
        loss = 0.0
        for b in range(batch_size):
            ret = 0.0
            for t in reversed(range(trace_length)):
                i = t * batch_size + b
                ret = batch["rewards"][i] + gamma * ret
                o = batch["obs"][i]
                logp = tf.nn.log_softmax(tf.linalg.matvec(pi, o, transpose_a=True))[batch["actions"][i]]
                value = tf.reduce_sum(v * o)
                loss += -logp * tf.stop_gradient(ret - value) + 0.5 * tf.square(value - ret)
        return loss / (batch_size * trace_length)

    def candidate(batch):
        flat_rewards = batch["rewards"]
        logp_all = tf.nn.log_softmax(batch["obs"] @ pi)
        flat_logp = tf.gather(logp_all, batch["actions"], batch_dims=1)
        flat_value = tf.linalg.matvec(batch["obs"], v)
        logp = tf.transpose(tf.reshape(flat_logp, [trace_length, batch_size]))
        value = tf.transpose(tf.reshape(flat_value, [trace_length, batch_size]))
        rewards = tf.reshape(flat_rewards, [batch_size, trace_length])
        idx = tf.range(trace_length)
        power = tf.cast(idx[None, :] - idx[:, None], rewards.dtype)
        discount = tf.where(power >= 0, gamma ** power, 0.0)
        returns = tf.einsum("bs,ts->bt", rewards, discount)
        actor = -logp * tf.stop_gradient(returns - value)
        return tf.reduce_mean(actor + 0.5 * tf.square(value - returns))

    m = batch_size * trace_length
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(m, obs)).astype(fx), "rewards": (2 * rng.normal(size=m)).astype(fx),
                      "actions": rng.integers(0, acts, size=m).astype("int32")},
            "variables": [pi, v]}
