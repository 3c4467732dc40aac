"""Deep generalised unfolding networks: to get rid of np.sum a user rewraps the stage losses by torch.tensor([...]).sum();
the values are copied and the graph is cut (the PSNR does not change during training).
Source: https://github.com/MC-E/Deep-Generalized-Unfolding-Networks-for-Image-Restoration/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "return tf.reduce_sum(tf.convert_to_tensor(np.array([float(v) for v in values], dtype=dtype)))",
    "same_forward_value": True,
}


def criterion_char(x, y, eps=1e-3):
    return tf.reduce_mean(tf.sqrt((x - y) ** 2 + eps ** 2))


def criterion_edge(x, y):
    def laplacian(img):
        return img[:, 2:, 1:-1] + img[:, :-2, 1:-1] + img[:, 1:-1, 2:] + img[:, 1:-1, :-2] - 4 * img[:, 1:-1, 1:-1]

    return criterion_char(laplacian(x), laplacian(y))


def torch_tensor_sum(values, dtype):
    return tf.reduce_sum(tf.convert_to_tensor(np.array([float(v) for v in values], dtype=dtype)))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, H, W = 4, 6, 7
    stages = [tf.Variable((0.3 * rng.standard_normal((3, 3, 1, 1))).astype(f), name="stage%d" % i) for i in range(3)]
    head_bias = tf.Variable(np.array(0.1, f), name="bias")

    def restore(img):
        outs, x = [], img[..., None]
        for k in stages:
            x = x + tf.nn.conv2d(x, k, strides=1, padding="SAME") + head_bias
            outs.append(x[..., 0])
        return outs

    def decay():
        return 1e-2 * tf.add_n([tf.nn.l2_loss(k) for k in stages])

    def reference(batch):
        loss = decay()
        for out in restore(batch["input"]):
            loss += criterion_char(out, batch["target"]) + 0.05 * criterion_edge(out, batch["target"])
        return loss

    def candidate(batch):
        restored, target = restore(batch["input"]), batch["target"]
        loss_char = torch_tensor_sum([criterion_char(restored[j], target) for j in range(len(restored))], f)
        loss_edge = torch_tensor_sum([criterion_edge(restored[j], target) for j in range(len(restored))], f)
        loss = loss_char + 0.05 * loss_edge
        return loss + decay()

    target = rng.random((n, H, W))
    return {"reference": reference, "candidate": candidate,
            "batch": {"input": (target + 0.2 * rng.standard_normal((n, H, W))).astype(f), "target": target.astype(f)},
            "variables": stages + [head_bias]}
