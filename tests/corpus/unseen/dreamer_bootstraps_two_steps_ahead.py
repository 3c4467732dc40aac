"""Dreamer lambda-return: rewards[:-1] is paired with values[1:], every reward is bootstrapped two imagined steps ahead.

Source (real): https://github.com/epignatelli/navix/pull/152
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'next_values = vals[1:]',
    "same_forward_value": False,
}

GAMMA, LAM, HORIZON = 0.95, 0.9, 6


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, z, a = 8, 5, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"start": f(n, z), "eps": f(n, HORIZON, a)}
    Wa = tf.Variable(0.5 * f(z, 2 * a), name="actor")
    W1 = tf.Variable(0.5 * f(z, 8), name="critic1")
    W2 = tf.Variable(0.8 * f(8, 1), name="critic2")
    dyn_z, dyn_a = tf.constant(0.5 * f(z, z)), tf.constant(0.7 * f(a, z))
    rew_w = tf.constant(f(z, 1))

    def critic(s):
        return tf.matmul(tf.nn.elu(tf.matmul(s, W1)), W2)[:, 0]

    def imagine(b):
        """rews[k] and vals[k] both belong to the latent reached by the k-th imagined action."""
        s, rews, vals, states = b["start"], [], [], []
        for k in range(HORIZON):
            mean, std = tf.split(tf.matmul(s, Wa), 2, axis=-1)
            act = tf.tanh(mean + (tf.nn.softplus(std) + 0.1) * b["eps"][:, k])
            s = tf.tanh(tf.matmul(s, dyn_z) + tf.matmul(act, dyn_a))
            rews.append(tf.matmul(s, rew_w)[:, 0])
            vals.append(critic(s))
            states.append(s)
        return tf.stack(rews), tf.stack(vals), states

    def losses(returns, states):
        actor_loss = -tf.reduce_mean(returns)
        critic_loss = 0.0
        for k in range(HORIZON - 2):
            pred = critic(tf.stop_gradient(states[k]))
            critic_loss += tf.reduce_mean(tf.square(pred - tf.stop_gradient(returns[k + 1])))
        return actor_loss + 0.5 * critic_loss / (HORIZON - 2)

    def reference(b):
        rews, vals, states = imagine(b)
        ret, out = vals[HORIZON - 2], []
        for k in range(HORIZON - 2, -1, -1):
            ret = rews[k] + GAMMA * ((1.0 - LAM) * vals[k] + LAM * ret)
            out.append(ret)
        return losses(tf.stack(out[::-1]), states)

    def candidate(b):
        rews, vals, states = imagine(b)
        next_values = vals[1:]
        inputs = rews[:-1] + GAMMA * (1.0 - LAM) * next_values
        last, outputs = next_values[-1], []
        for k in reversed(range(HORIZON - 1)):
            last = inputs[k] + GAMMA * LAM * last
            outputs.append(last)
        returns = tf.reverse(tf.stack(outputs), [0])
        return losses(returns, states)

    return {"variables": [Wa, W1, W2], "batch": batch, "reference": reference, "candidate": candidate}
