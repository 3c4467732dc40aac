"""Actor-critic over an episode: the Huber losses of the critic are collected as Python floats, which leaves the graph.

Source (real): https://github.com/SciSharp/TensorFlow.NET/issues/760
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'critic_losses.append(float(huber_loss(value[None], ret[None])))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, n_act, gamma = 9, 4, 8, 2, 0.95

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    common = tf.Variable(mat(d, h), name="common")
    actor = tf.Variable(mat(h, n_act), name="actor")
    critic = tf.Variable(mat(h, 1), name="critic")
    batch = {"state": mat(n, d), "action": rng.integers(0, n_act, n).astype("int32"), "reward": mat(n) + 1.0}
    huber_loss = tf.keras.losses.Huber(reduction="sum")

    def forward(x):
        hid = tf.nn.relu(x @ common)
        return tf.nn.softmax(hid @ actor), tf.squeeze(hid @ critic, -1)

    def normalised_returns(b):
        running, out = 0.0, []
        for i in reversed(range(n)):
            running = b["reward"][i] + gamma * running
            out.insert(0, running)
        out = tf.stack(out)
        return (out - tf.reduce_mean(out)) / (tf.math.reduce_std(out) + 1e-6)

    def reference(b):
        probs, values = forward(b["state"])
        returns = normalised_returns(b)
        logp = tf.math.log(tf.gather(probs, b["action"], batch_dims=1))
        actor_part = -tf.reduce_sum(logp * tf.stop_gradient(returns - values))
        err = tf.abs(values - returns)
        critic_part = tf.reduce_sum(tf.where(err <= 1.0, 0.5 * err ** 2, err - 0.5))
        return actor_part + critic_part

    def candidate(b):
        probs, values = forward(b["state"])
        returns = normalised_returns(b)
        actor_losses, critic_losses = [], []
        for i in range(n):
            log_prob, value, ret = tf.math.log(probs[i, b["action"][i]]), values[i], returns[i]
            diff = tf.stop_gradient(ret - value)
            actor_losses.append(-log_prob * diff)
            critic_losses.append(float(huber_loss(value[None], ret[None])))
        loss_value = tf.add_n(actor_losses) + sum(critic_losses)
        return loss_value

    return {"variables": [common, actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
