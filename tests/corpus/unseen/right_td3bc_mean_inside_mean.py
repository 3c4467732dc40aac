"""Right: the BC term is already averaged and is broadcast over the per-sample DPG losses before the outer mean; the mean is linear, nothing changes.

Source (real): https://github.com/google-deepmind/acme/issues/219
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

BC_ALPHA = 2.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 10, 4, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"observation": f(n, d), "action": np.tanh(f(n, a))}
    policy = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="relu"),
                                  tf.keras.layers.Dense(a, activation="tanh")])
    policy.build((None, d))
    policy.set_weights([0.5 * rng.normal(size=w.shape) for w in policy.get_weights()])
    C1, C2 = tf.constant(0.6 * f(d + a, 8)), tf.constant(f(8, 1))

    def critic(obs, act):
        return tf.matmul(tf.nn.elu(tf.matmul(tf.concat([obs, act], -1), C1)), C2)[:, 0]

    def grad_critic(obs, act):
        with tf.GradientTape() as tape:
            tape.watch(act)
            q = critic(obs, act)
        return tf.stop_gradient(tape.gradient(q, act))

    def dpg_loss(act, dq_da):
        return 0.5 * tf.reduce_sum(tf.square(tf.stop_gradient(dq_da + act) - act), axis=-1)

    def reference(b):
        act = policy(b["observation"])
        g = grad_critic(b["observation"], tf.stop_gradient(act))
        loss = tf.reduce_mean(dpg_loss(act, g))
        bc_factor = BC_ALPHA / tf.reduce_mean(tf.abs(g))
        return loss + tf.reduce_mean(tf.square(act - b["action"])) / bc_factor

    def candidate(b):
        action = policy(b["observation"])
        dq_da = grad_critic(b["observation"], tf.stop_gradient(action))
        batch_dpg_learning = dpg_loss(action, dq_da)                    # [B]
        bc_factor = tf.stop_gradient(BC_ALPHA / tf.reduce_mean(tf.abs(dq_da)))
        bc_loss = tf.reduce_mean(tf.square(action - b["action"])) / bc_factor      # scalar
        loss = batch_dpg_learning + bc_loss
        return tf.reduce_mean(loss)

    variables = [v.value for v in policy.trainable_variables]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
