"""PPO-PyTorch's update(): the discounted reward of one episode is carried into the episode before it, as the memory holds
several episodes and the accumulator is never set back to zero at a terminal step.
Source: https://github.com/nikhilbarhate99/PPO-PyTorch/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "discounted_reward = reward + GAMMA * discounted_reward",
    "same_forward_value": False,
}

GAMMA, EPS_CLIP = 0.97, 0.2


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, k = 24, 5, 3
    actor = keras.Variable(rng.normal(size=(d, k)) * 0.5, dtype=f, name="actor")
    critic = keras.Variable(rng.normal(size=(d, 1)) * 0.5, dtype=f, name="critic")
    terminals = np.zeros(n)
    terminals[[6, 13, 20]] = 1.0

    def reference(batch):
        # G_t = sum_{u >= t, same episode} gamma^(u-t) r_u, as one matrix product
        episode = tf.cumsum(batch["terminals"], exclusive=True)
        step = tf.range(n)
        gap = step[None, :] - step[:, None]
        inside = tf.logical_and(tf.equal(episode[:, None], episode[None, :]), gap >= 0)
        weight = tf.where(inside, tf.pow(tf.cast(GAMMA, f), tf.cast(tf.maximum(gap, 0), f)), tf.zeros((n, n), f))
        returns = tf.linalg.matvec(weight, batch["rewards"])
        value = tf.squeeze(tf.matmul(batch["states"], critic), axis=-1)
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(batch["actions"], tf.matmul(batch["states"], actor))
        ratio = tf.exp(logp - batch["old_logp"])
        adv = returns - batch["old_values"]
        surr = tf.minimum(ratio * adv, tf.clip_by_value(ratio, 1 - EPS_CLIP, 1 + EPS_CLIP) * adv)
        return tf.reduce_mean(-surr + 0.5 * tf.square(value - returns))

    def candidate(batch):
        rewards = []
        discounted_reward = tf.zeros([], f)
        for reward in reversed(tf.unstack(batch["rewards"])):
            discounted_reward = reward + GAMMA * discounted_reward
            rewards.insert(0, discounted_reward)
        rewards = tf.stack(rewards)

        probs = tf.nn.softmax(batch["states"] @ tf.convert_to_tensor(actor))
        logprobs = tf.math.log(tf.gather(probs, batch["actions"], batch_dims=1))
        state_values = (batch["states"] @ tf.convert_to_tensor(critic))[:, 0]
        ratios = tf.exp(logprobs - batch["old_logp"])
        advantages = rewards - batch["old_values"]
        surr1 = ratios * advantages
        surr2 = tf.clip_by_value(ratios, 1 - EPS_CLIP, 1 + EPS_CLIP) * advantages
        loss = -tf.minimum(surr1, surr2) + 0.5 * (state_values - rewards) ** 2
        return tf.reduce_mean(loss)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"states": rng.normal(size=(n, d)).astype(f), "actions": rng.integers(0, k, size=n).astype("int32"),
                  "rewards": (rng.normal(size=n) + 0.5).astype(f), "terminals": terminals.astype(f),
                  "old_logp": np.log(rng.uniform(0.2, 0.6, size=n)).astype(f),
                  "old_values": (rng.normal(size=n) * 0.3).astype(f)},
        "variables": [actor, critic],
    }
