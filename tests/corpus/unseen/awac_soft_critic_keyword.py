"""jaxrl's AWAC hands soft_critic=... to the critic's update, whose parameter is called backup_entropy; the wrong name is
swallowed and the target keeps the entropy term that AWAC wants to leave out.
Source: https://github.com/ikostrikov/jaxrl/pull/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return update_critic(batch, discount=discount, temperature=1.0, soft_critic=False)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, s, a, h = 23, 5, 2, 6
    discount = 0.99
    k1 = keras.Variable(rng.normal(size=(2, s + a, h)) * 0.4, dtype=f, name="double_critic_in")
    k2 = keras.Variable(rng.normal(size=(2, h, 1)) * 0.4, dtype=f, name="double_critic_out")
    t1, t2 = tf.constant(rng.normal(size=(2, s + a, h)) * 0.4, f), tf.constant(rng.normal(size=(2, h, 1)) * 0.4, f)

    def reference(batch):
        xa = tf.concat([batch["observations"], batch["actions"]], axis=1)
        xn = tf.concat([batch["next_observations"], batch["next_actions"]], axis=1)
        next_q = tf.reduce_min(tf.einsum("ijh,iho->ij", tf.nn.relu(tf.einsum("jx,ixh->ijh", xn, t1)), t2), axis=0)
        y = batch["rewards"] + discount * batch["masks"] * next_q
        q = tf.einsum("ijh,iho->ij", tf.nn.relu(tf.einsum("jx,ixh->ijh", xa, tf.convert_to_tensor(k1))),
                      tf.convert_to_tensor(k2))
        return tf.reduce_sum(tf.square(q - y[None])) / n

    def candidate(batch):
        def apply(params, obs, act):
            x = keras.ops.concatenate([obs, act], axis=-1)
            return [keras.ops.relu(x @ params[0][i]) @ params[1][i] for i in range(2)]

        def update_critic(batch, discount, temperature, backup_entropy=True, **kwargs):
            next_q1, next_q2 = apply((t1, t2), batch["next_observations"], batch["next_actions"])
            target_q = batch["rewards"] + discount * batch["masks"] * keras.ops.minimum(next_q1, next_q2)[:, 0]
            if backup_entropy:
                target_q -= discount * batch["masks"] * temperature * batch["next_log_probs"]
            q1, q2 = apply((tf.convert_to_tensor(k1), tf.convert_to_tensor(k2)), batch["observations"], batch["actions"])
            return keras.ops.mean((q1[:, 0] - target_q) ** 2 + (q2[:, 0] - target_q) ** 2)

        return update_critic(batch, discount=discount, temperature=1.0, soft_critic=False)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"observations": rng.normal(size=(n, s)).astype(f), "actions": rng.uniform(-1, 1, size=(n, a)).astype(f),
                  "next_observations": rng.normal(size=(n, s)).astype(f),
                  "next_actions": rng.uniform(-1, 1, size=(n, a)).astype(f), "rewards": rng.normal(size=n).astype(f),
                  "masks": (rng.uniform(size=n) > 0.15).astype(f), "next_log_probs": rng.normal(size=n).astype(f)},
        "variables": [k1, k2],
    }
