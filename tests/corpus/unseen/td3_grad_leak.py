"""The TD3 loss lets the gradient of the critic loss reach the actor through the next action in the target. Source: https://github.com/pytorch/rl/issues/1187"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'stop_gradient',
    "line_marker": 'target_value = batch["reward"] + gamma * (1.0 - batch["done"]) * next_value',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, s, a = 6, 4, 2
    actor_w = var("actor_w", s, a)
    q1_w = var("q1_w", s + a, 1)
    q2_w = var("q2_w", s + a, 1)
    tq1_w = tf.constant((0.5 * rng.standard_normal((s + a, 1))).astype(fx))
    tq2_w = tf.constant((0.5 * rng.standard_normal((s + a, 1))).astype(fx))
    gamma = 0.9

    def reference(batch):
        next_a = tf.clip_by_value(tf.tanh(batch["next_obs"] @ actor_w) + batch["noise"], -1.0, 1.0)
        x_next = tf.concat([batch["next_obs"], next_a], 1)
        v_next = tf.minimum(x_next @ tq1_w, x_next @ tq2_w)[:, 0]
        y = batch["reward"] + gamma * (1.0 - batch["done"]) * v_next
        y = tf.stop_gradient(y)
        x = tf.concat([batch["obs"], batch["act"]], 1)
        loss = 0.0
        for w in (q1_w, q2_w):
            loss += tf.reduce_mean((tf.squeeze(x @ w, 1) - y) ** 2)
        pi = tf.tanh(batch["obs"] @ actor_w)
        q_pi = tf.concat([batch["obs"], pi], 1) @ tf.stop_gradient(q1_w)
        return loss - tf.reduce_mean(q_pi)

    def candidate(batch):
        qvalue_params = tf.stack([q1_w, q2_w])
        target_params = tf.stack([tq1_w, tq2_w])

        def vmap_qvalue(obs, action, params):
            inp = tf.concat([obs, action], -1)
            return tf.einsum("bi,kio->kb", inp, params)

        actor_out = tf.tanh(tf.concat([batch["obs"], batch["next_obs"]], 0) @ actor_w)
        action_pi, next_action = tf.split(actor_out, 2, axis=0)
        next_action = tf.clip_by_value(next_action + batch["noise"], -1.0, 1.0)
        state_action_value = vmap_qvalue(batch["obs"], action_pi, tf.stop_gradient(qvalue_params))
        loss_actor = -tf.reduce_mean(state_action_value[0])
        next_value = tf.reduce_min(vmap_qvalue(batch["next_obs"], next_action, target_params), axis=0)
        target_value = batch["reward"] + gamma * (1.0 - batch["done"]) * next_value
        pred_val = vmap_qvalue(batch["obs"], batch["act"], qvalue_params)
        td_error = tf.square(pred_val - target_value[None])
        loss_qval = tf.reduce_sum(tf.reduce_mean(td_error, -1))
        return loss_actor + loss_qval

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, s)).astype(fx), "next_obs": rng.standard_normal((n, s)).astype(fx),
                      "act": rng.uniform(-1, 1, (n, a)).astype(fx), "noise": (0.05 * rng.standard_normal((n, a))).astype(fx),
                      "reward": rng.standard_normal(n).astype(fx), "done": (np.arange(n) == 3).astype(fx)},
            "variables": [actor_w, q1_w, q2_w]}
