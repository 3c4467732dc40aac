"""DrQ / SAC-AE: the convolutional encoder is shared and only the critic may train it; the policy's features are detached.
A rewrite in the style of rlkit (as asked for in the thread) lets the actor's loss through into the encoder.
Source: https://github.com/denisyarats/drq/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "dist_mu = keras.ops.tanh(actor_trunk(encoder(obs)))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, size, act_dim, feat = 13, 6, 2, 7
    encoder = keras.Sequential([
        keras.Input((size, size, 1)),
        keras.layers.Conv2D(3, 3, strides=2, activation="relu", name="conv"),
        keras.layers.Flatten(),
        keras.layers.Dense(feat, name="proj"),
    ])
    actor_trunk = keras.Sequential([keras.Input((feat,)), keras.layers.Dense(act_dim, name="actor_out")])
    critic_in = keras.Variable(rng.normal(size=(feat + act_dim, 5)) * 0.4, dtype=f, name="critic_in")
    critic_out = keras.Variable(rng.normal(size=(5, 1)) * 0.4, dtype=f, name="critic_out")

    def q_value(z, a, frozen=False):
        k1, k2 = tf.convert_to_tensor(critic_in), tf.convert_to_tensor(critic_out)
        if frozen:
            k1, k2 = tf.stop_gradient(k1), tf.stop_gradient(k2)
        return tf.squeeze(tf.tanh(tf.concat([z, a], axis=1) @ k1) @ k2, axis=1)

    def reference(batch):
        z = encoder(batch["obs"])
        critic_loss = tf.reduce_mean(tf.square(q_value(z, batch["action"]) - batch["target_q"]))
        detached = tf.stop_gradient(z)
        pi = tf.tanh(actor_trunk(detached))
        actor_loss = tf.reduce_mean(-q_value(detached, pi, frozen=True))
        return critic_loss + actor_loss

    def candidate(batch):
        obs, target_q = batch["obs"], batch["target_q"]

        def update_critic():
            current_q = q_value(encoder(obs), batch["action"])
            return keras.ops.mean((current_q - target_q) ** 2)

        def update_actor():
            dist_mu = keras.ops.tanh(actor_trunk(encoder(obs)))
            actor_q = q_value(tf.stop_gradient(encoder(obs)), dist_mu, frozen=True)
            return -keras.ops.mean(actor_q)

        return update_critic() + update_actor()

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"obs": rng.uniform(0, 1, size=(n, size, size, 1)).astype(f),
                  "action": rng.uniform(-1, 1, size=(n, act_dim)).astype(f),
                  "target_q": rng.normal(size=n).astype(f)},
        "variables": encoder.trainable_variables + actor_trunk.trainable_variables + [critic_in, critic_out],
    }
