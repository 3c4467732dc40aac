"""ACER train step: the networks are run inside tf.numpy_function, so what comes out has no connection with the weights.

Source (real): https://github.com/tensorflow/tensorflow/issues/47288 ("ValueError: No gradients provided for any variable").
Right answer: NOT equivalent; same value, no gradient at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "value_logits, actor_logits = tf.numpy_function(np_train_step, [states], [dtype, dtype])",
    "same_forward_value": True,
}

_ENTROPY, _VALUE = 0.02, 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 22, 4, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    trunk = tf.Variable(0.5 * arr(d, hid), name="trunk")
    actor_w = tf.Variable(0.7 * arr(hid, acts), name="actor_w")
    critic_w = tf.Variable(0.7 * arr(hid, acts), name="critic_w")
    batch = {"states": arr(n, d), "actions": rng.integers(0, acts, n), "returns": arr(n)}

    def model(states):
        shared = tf.tanh(states @ trunk)
        return shared @ critic_w, shared @ actor_w

    def reference(b):
        q, logits = model(b["states"])
        log_pi = tf.nn.log_softmax(logits)
        rows = []
        for i, action in enumerate(b["actions"].numpy()):
            advantage = tf.stop_gradient(b["returns"][i] - tf.reduce_sum(tf.exp(log_pi[i]) * q[i]))
            entropy = -tf.reduce_sum(tf.exp(log_pi[i]) * log_pi[i])
            critic = 0.5 * tf.square(b["returns"][i] - q[i, action])
            rows.append(-log_pi[i, action] * advantage - _ENTROPY * entropy + _VALUE * critic)
        return tf.reduce_mean(tf.stack(rows))

    def candidate(b):
        dtype = b["states"].dtype

        def np_train_step(states):
            values, logits = model(tf.convert_to_tensor(states))
            return values.numpy(), logits.numpy()

        @tf.function
        def train_step(states, actions, returns):
            value_logits, actor_logits = tf.numpy_function(np_train_step, [states], [dtype, dtype])
            value_logits.set_shape([None, acts])
            actor_logits.set_shape([None, acts])
            action_probs = tf.nn.softmax(actor_logits)
            values = tf.reduce_sum(action_probs * value_logits, axis=-1)
            action_indices = tf.stack([tf.range(tf.size(actions, out_type=actions.dtype)), actions], axis=-1)
            selected_probs = tf.gather_nd(action_probs, action_indices)
            selected_logits = tf.gather_nd(value_logits, action_indices)
            advantages = tf.stop_gradient(returns - values)
            actor_loss = -tf.reduce_mean(tf.math.log(selected_probs) * advantages)
            critic_loss = tf.reduce_mean(tf.square(returns - selected_logits)) * 0.5
            entropy = -tf.reduce_mean(tf.reduce_sum(action_probs * tf.math.log(action_probs), axis=-1))
            return actor_loss - _ENTROPY * entropy + _VALUE * critic_loss

        return train_step(b["states"], b["actions"], b["returns"])

    return {"variables": [trunk, actor_w, critic_w], "batch": batch, "reference": reference, "candidate": candidate}
