"""Q-bot REINFORCE: the feature distance is averaged over the whole batch, so every dialog gets the same reward.
Source: https://github.com/batra-mlp-lab/visdial-rl/pull/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.reduce_mean(tf.square(pred_features - batch[\"image\"]))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, rounds, d, v, f = 4, 3, 5, 6, 4
    q_head = keras.layers.Dense(v, name="qbot", kernel_initializer=keras.initializers.RandomNormal(stddev=0.8))
    q_head.build((None, d))
    feat = keras.layers.Dense(f, name="featpred")
    feat.build((None, d))

    def reference(batch):
        loss = 0.0
        for i in range(b):
            prev = batch["init_dist"][i]
            for r in range(rounds):
                s = batch["states"][i:i + 1, r]
                dist = tf.reduce_mean(tf.square(feat(s)[0] - batch["image"][i]))
                reward = tf.stop_gradient(prev - dist)
                prev = dist
                lp = tf.nn.log_softmax(q_head(s)[0])[batch["words"][i, r]]
                loss += (-reward * lp + dist) / b
        return loss

    def candidate(batch):
        def feature_distance(pred_features):
            return tf.reduce_mean(tf.square(pred_features - batch["image"]))

        loss = 0.0
        prev_dist = batch["init_dist"]
        for r in range(rounds):
            state = batch["states"][:, r]
            feat_dist = feature_distance(feat(state))
            reward = tf.stop_gradient(prev_dist - feat_dist)
            prev_dist = feat_dist
            nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["words"][:, r], logits=q_head(state))
            rl_loss = tf.reduce_mean(reward * nll)
            loss += rl_loss + tf.reduce_mean(feat_dist)
        return loss

    scale = np.linspace(0.3, 2.5, b)[:, None]
    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.standard_normal((b, rounds, d)).astype(fx),
                      "words": rng.integers(0, v, (b, rounds)).astype("int32"),
                      "image": (scale * rng.standard_normal((b, f))).astype(fx),
                      "init_dist": (2 * scale[:, 0] ** 2).astype(fx)},
            "variables": q_head.trainable_variables + feat.trainable_variables}
