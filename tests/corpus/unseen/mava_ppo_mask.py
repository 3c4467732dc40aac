"""Multi-agent PPO on padded sequences: the mask is the discount sequence itself, so the terminal step (discount 0) is lost.
Source: https://github.com/instadeepai/Mava/pull/441"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "loss_mask = discounts",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, d, n_act = 4, 6, 4, 3
    net = keras.layers.Dense(n_act, name="policy")
    critic = keras.layers.Dense(1, name="critic")
    net.build((None, None, d))
    critic.build((None, None, d))

    def reference(batch):
        logp = tf.nn.log_softmax(net(batch["obs"]))
        v = critic(batch["obs"])[..., 0]
        num, den = 0.0, 0.0
        for i in range(B):
            alive = 1.0
            for t in range(T):
                if alive == 0.0:
                    break
                lp = logp[i, t, int(batch["act"][i, t])]
                rho = tf.exp(lp - batch["old"][i, t])
                a = batch["adv"][i, t]
                num -= tf.minimum(rho * a, tf.clip_by_value(rho, 0.8, 1.2) * a)
                num += 0.5 * tf.square(v[i, t] - batch["ret"][i, t])
                den += 1.0
                alive = float(batch["discount"][i, t])
        return num / den

    def candidate(batch):
        discounts = batch["discount"]
        log_probs = tf.gather(tf.nn.log_softmax(net(batch["obs"])), batch["act"], batch_dims=2)
        values = tf.squeeze(critic(batch["obs"]), axis=-1)
        loss_mask = discounts
        ratios = tf.exp(log_probs - batch["old"])
        clipped_ratios = tf.clip_by_value(ratios, 1.0 - 0.2, 1.0 + 0.2)
        policy_loss = -tf.minimum(ratios * batch["adv"], clipped_ratios * batch["adv"])
        critic_loss = 0.5 * tf.square(values - batch["ret"])
        masked = (policy_loss + critic_loss) * loss_mask
        return tf.reduce_sum(masked) / tf.reduce_sum(loss_mask)

    length = np.array([6, 3, 4, 2])
    disc = (np.arange(T)[None] < length[:, None] - 1).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((B, T, d)).astype(fx),
                      "act": rng.integers(0, n_act, (B, T)).astype("int32"),
                      "old": (-1.1 + 0.3 * rng.standard_normal((B, T))).astype(fx),
                      "adv": rng.standard_normal((B, T)).astype(fx), "ret": 2 * rng.standard_normal((B, T)).astype(fx),
                      "discount": disc},
            "variables": [net.kernel, net.bias, critic.kernel, critic.bias]}
