"""TF-Agents masks the TD loss with ~time_step.is_last() and has no (1 - terminal) in its target; the asker compared it with
Dopamine. The discount is zero at terminal steps, and is_last only marks the invalid transitions between two episodes.
Source: https://github.com/tensorflow/agents/issues/134"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

FIRST, MID, LAST = 0, 1, 2


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k, h = 25, 4, 3, 6
    gamma = 0.95
    w1 = keras.Variable(rng.normal(size=(d, h)) * 0.5, dtype=f, name="q_hidden")
    w2 = keras.Variable(rng.normal(size=(h, k)) * 0.5, dtype=f, name="q_out")
    t1, t2 = tf.constant(rng.normal(size=(d, h)) * 0.5, f), tf.constant(rng.normal(size=(h, k)) * 0.5, f)
    # a stream of time steps, episodes of five: FIRST MID MID MID LAST
    step_type = np.array([FIRST, MID, MID, MID, LAST] * 6)[: n + 1]
    discount = (step_type != LAST).astype(f)

    def reference(batch):
        """Dopamine: only real transitions, target r + gamma * max Q * (1 - terminal)."""
        rows = tf.where(batch["step_type"] != LAST)[:, 0]
        s, s2 = tf.gather(batch["obs"], rows), tf.gather(batch["next_obs"], rows)
        terminal = tf.cast(tf.equal(tf.gather(batch["next_step_type"], rows), LAST), f)
        q = tf.matmul(tf.nn.relu(tf.matmul(s, w1)), w2)
        chosen = tf.reduce_sum(q * tf.one_hot(tf.gather(batch["actions"], rows), k, dtype=f), axis=1)
        best = tf.reduce_max(tf.matmul(tf.nn.relu(tf.matmul(s2, t1)), t2), axis=1)
        y = tf.gather(batch["next_reward"], rows) + gamma * best * (1.0 - terminal)
        return tf.reduce_sum(tf.square(y - chosen)) / n

    def candidate(batch):
        def q_network(obs, hidden, out):
            return keras.ops.relu(obs @ tf.convert_to_tensor(hidden)) @ tf.convert_to_tensor(out)

        def compute_next_q_values():
            values = q_network(batch["next_obs"], t1, t2)
            return tf.gather(values, tf.argmax(values, axis=-1), batch_dims=1)

        q_values = tf.gather(q_network(batch["obs"], w1, w2), batch["actions"], batch_dims=1)
        td_targets = tf.stop_gradient(batch["next_reward"] + gamma * batch["next_discount"] * compute_next_q_values())
        valid_mask = tf.cast(~tf.equal(batch["step_type"], LAST), f)
        td_loss = valid_mask * tf.square(td_targets - q_values)
        return tf.reduce_mean(td_loss)

    obs = rng.normal(size=(n + 1, d))
    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": obs[:-1].astype(f), "next_obs": obs[1:].astype(f),
                  "actions": rng.integers(0, k, size=n).astype("int32"), "next_reward": rng.normal(size=n).astype(f),
                  "step_type": step_type[:-1].astype("int32"), "next_step_type": step_type[1:].astype("int32"),
                  "next_discount": discount[1:]},
        "variables": [w1, w2],
    }
