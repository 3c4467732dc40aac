"""Double DQN: inside the loop over the minibatch the best next action is taken from row 0 for every sample.

Source (real): https://github.com/germain-hug/Deep-RL-Keras/issues/6 (ddqn.py, Keras and numpy, ported).
Right answer: NOT equivalent; np.argmax(next_q[0, :]) has to be np.argmax(next_q[i, :]).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "next_best_action = np.argmax(next_q[0, :])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hidden, actions = 22, 4, 8, 3
    gamma = 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    dense1 = keras.layers.Dense(hidden, activation="tanh", name="agent_hidden")
    dense2 = keras.layers.Dense(actions, name="agent_out")
    dense1.build((None, d))
    dense2.build((None, hidden))
    dense1.kernel.assign(0.5 * arr(d, hidden))
    dense2.kernel.assign(0.7 * arr(hidden, actions))
    target_net = tf.constant(0.9 * arr(d, actions))
    batch = {
        "s": arr(n, d),
        "a": rng.integers(0, actions, n),
        "r": arr(n),
        "new_s": arr(n, d),
        "d": rng.random(n) < 0.2,
    }

    def agent(x):
        return dense2(dense1(x))

    def reference(b):
        q_next = tf.stop_gradient(agent(b["new_s"]))
        best = tf.one_hot(tf.argmax(q_next, axis=1), actions, dtype=q_next.dtype)
        bootstrap = tf.reduce_sum(best * (b["new_s"] @ target_net), axis=1)
        goal = b["r"] + gamma * tf.where(b["d"], tf.zeros_like(bootstrap), bootstrap)
        taken = tf.reduce_sum(tf.one_hot(b["a"], actions, dtype=goal.dtype) * agent(b["s"]), axis=1)
        return tf.reduce_sum(tf.square(taken - goal)) / (taken.shape[0] * actions)

    def candidate(b):
        s, a, r, done = b["s"], b["a"].numpy(), b["r"].numpy(), b["d"].numpy()
        # Apply the Bellman equation on the batch samples to train our DDQN
        q = agent(s).numpy()
        next_q = agent(b["new_s"]).numpy()
        q_targ = (b["new_s"] @ target_net).numpy()
        for i in range(s.shape[0]):
            if done[i]:
                q[i, a[i]] = r[i]
            else:
                next_best_action = np.argmax(next_q[0, :])
                q[i, a[i]] = r[i] + gamma * q_targ[i, next_best_action]
        return tf.reduce_mean(tf.square(agent(s) - q))

    variables = [dense1.kernel, dense1.bias, dense2.kernel, dense2.bias]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
