"""Double DQN: the online network picks the next actions without detach; only the values are detached later on.

Source (real): https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/issues/29 (PyTorch; answer of the author: the later
detach cuts the whole branch, and argmax passes no gradient anyway).
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

_GAMMA = 0.99


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 23, 4, 7, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    fc = tf.Variable(0.6 * arr(d, hid), name="net_fc")
    adv = tf.Variable(0.6 * arr(hid, acts), name="net_adv")
    val = tf.Variable(0.6 * arr(hid, 1), name="net_val")
    tgt = [tf.constant(v.numpy() + 0.3 * arr(*v.shape)) for v in (fc, adv, val)]
    batch = {
        "states": arr(n, d), "actions": rng.integers(0, acts, n), "rewards": arr(n),
        "dones": rng.random(n) < 0.25, "next_states": arr(n, d),
    }

    def dueling(x, params):
        h = tf.nn.relu(x @ params[0])
        a = h @ params[1]
        return h @ params[2] + a - tf.reduce_mean(a, axis=1, keepdims=True)

    def reference(b):
        m = b["rewards"].shape[0]
        frozen = [tf.stop_gradient(v) for v in (fc, adv, val)]
        loss = 0.0
        for i in range(m):
            y = b["rewards"][i]
            if not b["dones"][i]:
                choice = int(np.argmax(dueling(b["next_states"][i : i + 1], frozen).numpy()))
                y += _GAMMA * dueling(b["next_states"][i : i + 1], tgt)[0, choice]
            q = dueling(b["states"][i : i + 1], (fc, adv, val))
            loss += (y - q[0, int(b["actions"][i])]) ** 2
        return loss / m

    def candidate(b):
        net = lambda x: dueling(x, (fc, adv, val))
        tgt_net = lambda x: dueling(x, tgt)
        state_action_values = tf.gather(net(b["states"]), b["actions"], batch_dims=1)
        next_state_actions = tf.argmax(net(b["next_states"]), axis=1)
        next_state_values = tf.gather(tgt_net(b["next_states"]), next_state_actions, batch_dims=1)
        next_state_values = tf.where(b["dones"], tf.zeros_like(next_state_values), next_state_values)
        expected_state_action_values = tf.stop_gradient(next_state_values) * _GAMMA + b["rewards"]
        return tf.reduce_mean(tf.math.squared_difference(state_action_values, expected_state_action_values))

    return {"variables": [fc, adv, val], "batch": batch, "reference": reference, "candidate": candidate}
