"""PPO on a toy problem, as a whole training script. One line is wrong, on single samples too.

python examples/train_ppo.py
gradcheck run --save-case ppo_case.py examples/train_ppo.py
"""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
policy = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="logits")], name="policy")
optimizer = keras.optimizers.Adam(1e-2)
clip = 0.2


def log_probs_of(states, actions):
    return tf.gather(tf.nn.log_softmax(policy(states)), actions, batch_dims=1)


for _ in range(20):
    states = np.random.normal(size=(24, 4)).astype("float32")
    actions = tf.random.categorical(policy(states), 1)[:, 0]
    rewards = tf.cast(actions == np.argmax(states[:, :3], axis=1), tf.float32)
    advantages = rewards - tf.reduce_mean(rewards)
    with tf.GradientTape() as tape:
        log_probs = log_probs_of(states, actions)
        ratio = tf.exp(log_probs - log_probs_of(states, actions))
        clipped = tf.clip_by_value(ratio, 1.0 - clip, 1.0 + clip)
        loss = -tf.reduce_mean(tf.minimum(ratio * advantages, clipped * advantages))
    gradients = tape.gradient(loss, policy.trainable_variables)
    optimizer.apply_gradients(zip(gradients, policy.trainable_variables, strict=True))

print(f"mean reward {tf.reduce_mean(rewards):.2f}")
