"""The Keras actor-critic example ported with the summed losses turned into a plain float before the tape sees them: every gradient is None. Source: https://github.com/SciSharp/TensorFlow.NET/issues/760"""
import numpy as np
import tensorflow as tf
from tensorflow import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "loss_value = float(sum(actor_losses) + sum(critic_losses))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    T, num_inputs, num_actions, gamma = 6, 4, 2, 0.99
    inputs = keras.layers.Input(shape=(num_inputs,))
    common = keras.layers.Dense(16, activation="relu", kernel_initializer=keras.initializers.GlorotUniform(seed=seed))(inputs)
    action = keras.layers.Dense(num_actions, activation="softmax", kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 1))(common)
    critic = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 2))(common)
    model = keras.Model(inputs=inputs, outputs=[action, critic])
    huber_loss = keras.losses.Huber(reduction="sum")

    def returns_of(rewards):
        out = [tf.constant(0.0)]
        for r in reversed(tf.unstack(rewards)):
            out.append(r + gamma * out[-1])
        returns = tf.stack(out[:0:-1])
        return (returns - tf.reduce_mean(returns)) / (tf.math.reduce_std(returns) + 1e-7)

    def reference(batch):
        probs, values = model(batch["states"])
        values = values[:, 0]
        log_p = tf.math.log(tf.gather(probs, batch["actions"], axis=1, batch_dims=1))
        ret = returns_of(batch["rewards"])
        d = tf.abs(ret - values)
        critic_loss = tf.reduce_sum(tf.where(d <= 1.0, 0.5 * d * d, d - 0.5))
        return tf.reduce_sum(-log_p * (ret - values)) + critic_loss

    def candidate(batch):
        action_probs_history, critic_value_history = [], []
        for t in range(T):
            state = tf.expand_dims(batch["states"][t], 0)
            action_probs, critic_value = model(state)
            critic_value_history.append(critic_value[0, 0])
            action_probs_history.append(tf.math.log(action_probs[0, batch["actions"][t]]))
        history = zip(action_probs_history, critic_value_history, tf.unstack(returns_of(batch["rewards"])))
        actor_losses, critic_losses = [], []
        for log_prob, value, ret in history:
            diff = ret - value
            actor_losses.append(-log_prob * diff)
            critic_losses.append(huber_loss(tf.expand_dims(value, 0), tf.expand_dims(ret, 0)))
        loss_value = float(sum(actor_losses) + sum(critic_losses))
        loss_value_tensor = tf.convert_to_tensor(loss_value)
        return loss_value_tensor

    batch = {
        "states": rng.normal(size=(T, num_inputs)).astype("float32"),
        "actions": rng.integers(0, num_actions, T).astype("int32"),
        "rewards": rng.normal(1.0, 0.5, T).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
