"""TD3 option of DDPG: the twin's selected value is squeezed from q_t again, so the twin critic is never trained.

Source (real): https://github.com/ray-project/ray/issues/4103 (TensorFlow 1, ActorCriticLoss; fixed by pull/4108).
Right answer: NOT equivalent; None for the twin's weights, twice the gradient for the first critic.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "twin_q_t_selected = tf.squeeze(q_t, axis=len(q_t.shape) - 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, hid, gamma = 19, 4, 2, 6, 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    def net(prefix):
        return [tf.Variable(0.5 * arr(d + acts, hid), name=prefix + "_in"), tf.Variable(0.6 * arr(hid, 1), name=prefix + "_out")]

    q_vars, twin_vars = net("q"), net("twin_q")
    q_target = [tf.constant(0.5 * arr(d + acts, hid)), tf.constant(0.6 * arr(hid, 1))]
    twin_target = [tf.constant(0.5 * arr(d + acts, hid)), tf.constant(0.6 * arr(hid, 1))]
    batch = {
        "obs": arr(n, d), "actions": arr(n, acts), "rewards": 2.0 * arr(n), "new_obs": arr(n, d),
        "next_actions": arr(n, acts), "dones": (rng.random(n) < 0.2).astype(f), "weights": rng.uniform(0.5, 1.5, n).astype(f),
    }

    def q_model(params, obs, act):
        return tf.nn.elu(tf.concat([obs, act], axis=1) @ params[0]) @ params[1]

    def reference(b):
        huber = keras.losses.Huber(delta=1.0, reduction="none")
        both = [q_model(p, b["new_obs"], b["next_actions"])[:, 0] for p in (q_target, twin_target)]
        backup = b["rewards"] + gamma * (1.0 - b["dones"]) * tf.minimum(*both)
        loss = 0.0
        for params in (q_vars, twin_vars):
            prediction = q_model(params, b["obs"], b["actions"])
            loss += tf.reduce_mean(b["weights"] * huber(backup[:, None], prediction))
        return loss

    def candidate(b):
        class ActorCriticLoss:
            def __init__(self, q_t, twin_q_t, q_tp1, twin_q_tp1, use_huber=True, twin_q=True):
                q_t_selected = tf.squeeze(q_t, axis=len(q_t.shape) - 1)
                if twin_q:
                    twin_q_t_selected = tf.squeeze(q_t, axis=len(q_t.shape) - 1)
                    q_tp1 = tf.minimum(q_tp1, twin_q_tp1)
                q_tp1_best = tf.squeeze(q_tp1, axis=len(q_tp1.shape) - 1)
                q_tp1_best_masked = (1.0 - b["dones"]) * q_tp1_best
                target = tf.stop_gradient(b["rewards"] + gamma * q_tp1_best_masked)
                errors = self.huber(q_t_selected - target)
                if twin_q:
                    errors += self.huber(twin_q_t_selected - target)
                self.critic_loss = tf.reduce_mean(b["weights"] * errors)

            @staticmethod
            def huber(x, delta=1.0):
                return tf.where(tf.abs(x) < delta, tf.square(x) * 0.5, delta * (tf.abs(x) - 0.5 * delta))

        s, a = b["obs"], b["actions"]
        s1, a1 = b["new_obs"], b["next_actions"]
        return ActorCriticLoss(
            q_model(q_vars, s, a), q_model(twin_vars, s, a), q_model(q_target, s1, a1), q_model(twin_target, s1, a1)
        ).critic_loss

    return {"variables": q_vars + twin_vars, "batch": batch, "reference": reference, "candidate": candidate}
