"""ICON infer.py: the normal loss adds the difference of the front view twice, and that of the back view not at all.
Source: https://github.com/YuliangXiu/ICON/issues/205"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'losses["normal"]["value"] = tf.reduce_mean(diff_F_smpl + diff_F_smpl)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w = 12, 5, 6
    front = tf.Variable(rng.normal(size=(h, w, 3)).astype(f), name="front_offsets")
    back = tf.Variable(rng.normal(size=(h, w, 3)).astype(f), name="back_offsets")
    betas = tf.Variable(rng.normal(size=(3,)).astype(f) * 0.3, name="betas")
    batch = {
        "T_normal_F": rng.normal(size=(n, h, w, 3)).astype(f),
        "T_normal_B": rng.normal(size=(n, h, w, 3)).astype(f),
        "normal_F": rng.normal(size=(n, h, w, 3)).astype(f),
        "normal_B": rng.normal(size=(n, h, w, 3)).astype(f),
    }

    def reference(batch):
        views = []
        for side, offset in (("F", front), ("B", back)):
            rendered = tf.nn.l2_normalize(batch["T_normal_" + side] * tf.exp(betas) + offset, axis=-1)
            views.append(tf.abs(rendered - batch["normal_" + side]))
        return tf.reduce_mean(tf.add_n(views)) + 0.1 * tf.reduce_sum(betas ** 2)

    def render(normals, offset):
        x = normals * tf.exp(betas) + offset
        return x / tf.norm(x, axis=-1, keepdims=True)

    def candidate(batch):
        losses = {"normal": {"weight": 1.0, "value": 0.0}, "prior": {"weight": 0.1, "value": 0.0}}
        in_F, in_B = render(batch["T_normal_F"], front), render(batch["T_normal_B"], back)
        diff_F_smpl = tf.abs(in_F - batch["normal_F"])
        diff_B_smpl = tf.abs(in_B - batch["normal_B"])
        print_diff = (diff_F_smpl, diff_B_smpl)       # for the progress bar
        losses["normal"]["value"] = tf.reduce_mean(diff_F_smpl + diff_F_smpl)
        losses["prior"]["value"] = tf.reduce_sum(tf.square(betas))
        smpl_loss = 0.0
        for k in losses:
            smpl_loss += losses[k]["value"] * losses[k]["weight"]
        del print_diff
        return smpl_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [front, back, betas]}
