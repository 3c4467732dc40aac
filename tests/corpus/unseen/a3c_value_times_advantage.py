"""A3C for StarCraft: value_loss = -mean(value * advantage) with a detached advantage was asked about ("should it not be
MSE?"); it has the gradient of half the MSE.
Source: https://github.com/xiaowei-hu/pysc2-agents/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, cells = 14, 6, 4, 9
    feat = keras.layers.Dense(8, activation="relu", name="feat")
    spatial, non_spatial, value = (keras.layers.Dense(k, name=s) for k, s in
                                   ((cells, "spatial"), (acts, "nonspatial"), (1, "value")))
    feat.build((None, obs))
    for layer in (spatial, non_spatial, value):
        layer.build((None, 8))

    def reference(batch):
        h = feat(batch["obs"])
        v = value(h)[:, 0]
        ns = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["action"], logits=non_spatial(h))
        sp = -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["cell"], logits=spatial(h))
        logp = ns + tf.where(batch["is_spatial"] > 0, sp, tf.zeros_like(sp))
        delta = batch["target"] - v
        return tf.reduce_mean(-logp * tf.stop_gradient(delta) + 0.5 * delta ** 2)

    def candidate(batch):
        class A3CAgent:
            def build_model(self):
                h = feat(batch["obs"])
                self.spatial_action = tf.nn.softmax(spatial(h))
                self.non_spatial_action = tf.nn.softmax(non_spatial(h))
                self.value = tf.reshape(value(h), [-1])

            def loss(self):
                self.build_model()
                sp_sel = tf.one_hot(batch["cell"], cells, dtype=f)
                ns_sel = tf.one_hot(batch["action"], acts, dtype=f)
                spatial_prob = tf.reduce_sum(self.spatial_action * sp_sel, axis=1)
                spatial_log_prob = tf.math.log(tf.clip_by_value(spatial_prob, 1e-10, 1.0))
                non_spatial_prob = tf.reduce_sum(self.non_spatial_action * ns_sel, axis=1)
                non_spatial_log_prob = tf.math.log(tf.clip_by_value(non_spatial_prob, 1e-10, 1.0))
                action_log_prob = batch["is_spatial"] * spatial_log_prob + non_spatial_log_prob
                advantage = tf.stop_gradient(batch["target"] - self.value)
                policy_loss = -tf.reduce_mean(action_log_prob * advantage)
                value_loss = -tf.reduce_mean(self.value * advantage)
                return policy_loss + value_loss

        return A3CAgent().loss()

    batch = {"obs": rng.normal(size=(n, obs)).astype(f), "action": rng.integers(0, acts, n),
             "cell": rng.integers(0, cells, n), "is_spatial": (rng.random(n) < 0.6).astype(f),
             "target": (1 + rng.normal(size=n)).astype(f)}
    variables = [w for layer in (feat, spatial, non_spatial, value) for w in layer.trainable_variables]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
