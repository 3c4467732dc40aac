"""One-step actor is distilled from a behaviour-cloning flow policy; the port to another framework lets the
distillation term train the flow policy too. Source: https://github.com/ColinQiyangLi/qc/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "distill = tf.reduce_mean(tf.square(one_step - flow_actions))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs, act, steps, alpha = 6, 4, 2, 3, 2.0
    flow = tf.Variable(rng.normal(size=(obs + act + 1, act)).astype(fx) * 0.6, name="flow")
    actor = tf.Variable(rng.normal(size=(obs + act, act)).astype(fx) * 0.6, name="one_step")
    critic = tf.constant(rng.normal(size=(obs + act, 1)).astype(fx))

    def velocity(s, x, t):
        return tf.tanh(tf.concat([s, x, t], -1) @ flow)

    def bc_flow(batch):
        x0, x1, t = batch["x0"], batch["actions"], batch["t"]
        xt = (1.0 - t) * x0 + t * x1
        return tf.reduce_mean(tf.square(velocity(batch["obs"], xt, t) - (x1 - x0)))

    def reference(batch):
        s = batch["obs"]
        target = batch["noise"]
        for k in range(steps):
            t = tf.fill([n, 1], tf.cast(k / steps, fx))
            target = target + velocity(s, target, t) / steps
        target = tf.stop_gradient(tf.clip_by_value(target, -1.0, 1.0))
        a = tf.tanh(tf.concat([s, batch["noise"]], -1) @ actor)
        q = tf.concat([s, a], -1) @ critic
        gap = tf.reduce_mean((a - target) ** 2)
        return bc_flow(batch) + alpha * gap - tf.reduce_mean(q)

    def candidate(batch):
        def compute_flow_actions(observations, noises):
            actions = noises
            for i in range(steps):
                t = tf.ones_like(observations[:, :1]) * (i / steps)
                actions = actions + velocity(observations, actions, t) / steps
            return tf.clip_by_value(actions, -1.0, 1.0)

        bc_loss = bc_flow(batch)
        flow_actions = compute_flow_actions(batch["obs"], batch["noise"])
        one_step = tf.tanh(tf.concat([batch["obs"], batch["noise"]], -1) @ actor)
        distill = tf.reduce_mean(tf.square(one_step - flow_actions))
        q_loss = -tf.reduce_mean(tf.concat([batch["obs"], one_step], -1) @ critic)
        return bc_loss + alpha * distill + q_loss

    f = lambda *s: (rng.normal(size=s) * 0.5).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": f(n, obs), "actions": f(n, act), "x0": f(n, act), "noise": f(n, act),
                      "t": rng.uniform(size=(n, 1)).astype(fx)},
            "variables": [flow, actor]}
