"""MADDPG actor update lets the current policies choose the other agents' actions where the paper takes the stored ones.
Source: https://github.com/shariqiqbal2810/maddpg-pytorch/issues/38"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "all_pol_acs.append(policy(i, obs[:, i]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, agents, do, da, me = 6, 3, 4, 2, 1
    pol = tf.Variable(rng.normal(size=(do, da)).astype(fx), name="policy_1")
    frozen = [tf.constant(rng.normal(size=(do, da)).astype(fx)) for _ in range(agents)]
    w1 = tf.constant(rng.normal(size=(agents * (do + da), 8)).astype(fx) * 0.5)
    w2 = tf.constant(rng.normal(size=(8, 1)).astype(fx))

    def policy(i, o):
        return tf.tanh(o @ (pol if i == me else frozen[i]))

    def critic(obs, acts):
        vf_in = tf.concat([tf.reshape(obs, (n, -1)), tf.reshape(acts, (n, -1))], axis=1)
        return tf.tanh(vf_in @ w1) @ w2

    def reference(batch):
        mine = policy(me, batch["obs"][:, me])
        joint = tf.concat([batch["acts"][:, :me], mine[:, None], batch["acts"][:, me + 1:]], axis=1)
        return -tf.reduce_mean(critic(batch["obs"], joint)) + 1e-3 * tf.reduce_mean(mine ** 2)

    def candidate(batch):
        obs, acs = batch["obs"], batch["acts"]
        tf.debugging.assert_equal(tf.shape(acs)[0], tf.shape(obs)[0])
        curr_pol_out = policy(me, obs[:, me])
        all_pol_acs = []
        for i in range(agents):
            if i == me:
                all_pol_acs.append(curr_pol_out)
            else:
                all_pol_acs.append(policy(i, obs[:, i]))
        pol_loss = -tf.reduce_mean(critic(obs, tf.stack(all_pol_acs, axis=1)))
        pol_loss += tf.reduce_mean(tf.square(curr_pol_out)) * 1e-3
        return pol_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, agents, do)).astype(fx),
                      "acts": rng.uniform(-1, 1, (n, agents, da)).astype(fx)},
            "variables": [pol]}
