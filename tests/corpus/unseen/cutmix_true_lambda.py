"""CutMix weighs the two labels with the drawn lambda although the box is clipped at the border of the image and so covers less.
Source: https://github.com/clovaai/CutMix-PyTorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = lam * criterion(output, target_a) + (1.0 - lam) * criterion(output, target_b)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, ch, classes = 16, 8, 9, 2, 5
    conv = tf.Variable((0.5 * rng.standard_normal((ch, 4))).astype(f), name="conv")
    head = tf.Variable((0.3 * rng.standard_normal((h * w * 4, classes))).astype(f), name="head")
    batch = {
        "images": rng.standard_normal((n, h, w, ch)).astype(f),
        "labels": rng.integers(0, classes, n).astype("int32"),
        "perm": rng.permutation(n).astype("int32"),
    }
    drawn, centre = 0.35, (1, 7)      # this step's beta draw and box centre (row, column)

    def net(x):
        return tf.reshape(tf.tanh(x @ conv), (-1, h * w * 4)) @ head

    def reference(batch):
        cut = np.sqrt(1.0 - drawn)
        rows = np.abs(np.arange(h) - centre[0] + 0.5) < int(h * cut) // 2
        cols = np.abs(np.arange(w) - centre[1] + 0.5) < int(w * cut) // 2
        box = (rows[:, None] & cols[None, :]).astype(f)
        keep = 1.0 - box.mean()
        x = batch["images"]
        x = x + box[None, :, :, None] * (tf.gather(x, batch["perm"]) - x)
        onehot = tf.one_hot(batch["labels"], classes, dtype=f)
        soft = keep * onehot + (1.0 - keep) * tf.gather(onehot, batch["perm"])
        return -tf.reduce_mean(tf.reduce_sum(soft * tf.nn.log_softmax(net(x)), axis=1))

    def candidate(batch):
        def rand_bbox(lam):
            cut_rat = np.sqrt(1.0 - lam)
            cut_h, cut_w = int(h * cut_rat), int(w * cut_rat)
            cy, cx = centre
            return (np.clip(cy - cut_h // 2, 0, h), np.clip(cx - cut_w // 2, 0, w),
                    np.clip(cy + cut_h // 2, 0, h), np.clip(cx + cut_w // 2, 0, w))

        def criterion(output, target):
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, output))

        lam = drawn
        target_a = batch["labels"]
        target_b = tf.gather(batch["labels"], batch["perm"])
        y1, x1, y2, x2 = rand_bbox(lam)
        img = batch["images"]
        other = tf.gather(img, batch["perm"])
        middle = tf.concat([img[:, y1:y2, :x1], other[:, y1:y2, x1:x2], img[:, y1:y2, x2:]], axis=2)
        img = tf.concat([img[:, :y1], middle, img[:, y2:]], axis=1)
        output = net(img)
        loss = lam * criterion(output, target_a) + (1.0 - lam) * criterion(output, target_b)
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [conv, head]}
