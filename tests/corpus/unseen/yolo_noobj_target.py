"""The no-object confidence target was written mask * (1 - mask), all zeros, suspected to be a bug; a target of zeros is what is
wanted and tconf * (1 - mask) is the same. Source: https://github.com/eriklindernoren/PyTorch-YOLOv3/issues/33"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, g, a, c = 4, 4, 2, 3
    img = rng.normal(size=(n, 8, 8, 3)).astype("float32")
    mask = (rng.uniform(size=(n, g, g, a)) < 0.15).astype("float32")
    txy = rng.uniform(size=(n, g, g, a, 2)).astype("float32")
    twh = rng.normal(scale=0.4, size=(n, g, g, a, 2)).astype("float32")
    tcls = np.eye(c, dtype="float32")[rng.integers(0, c, size=(n, g, g, a))]

    net = keras.Sequential([
        keras.Input((8, 8, 3)),
        keras.layers.Conv2D(8, 3, strides=2, padding="same"),
        keras.layers.LeakyReLU(negative_slope=0.1),
        keras.layers.Conv2D(a * (5 + c), 1),
        keras.layers.Reshape((g, g, a, 5 + c)),
    ])
    lambda_coord, lambda_noobj = 5.0, 0.5
    mse_loss = keras.losses.MeanSquaredError()
    bce_loss = keras.losses.BinaryCrossentropy()

    def forward(batch):
        out = net(batch["img"])
        xy = tf.sigmoid(out[..., 0:2])
        wh = out[..., 2:4]
        conf = tf.sigmoid(out[..., 4])
        cls = tf.sigmoid(out[..., 5:])
        return xy, wh, conf, cls

    def box_and_class(xy, wh, cls, batch):
        m = batch["mask"][..., None]
        loss_xy = lambda_coord * mse_loss(batch["txy"] * m, xy * m)
        loss_wh = lambda_coord * mse_loss(batch["twh"] * m, wh * m)
        loss_cls = bce_loss(batch["tcls"] * m, cls * m)
        return loss_xy + loss_wh + loss_cls

    def reference(batch):
        xy, wh, conf, cls = forward(batch)
        mask = batch["mask"]
        tconf = tf.identity(mask)
        obj = bce_loss(tconf * mask, conf * mask)
        noobj = lambda_noobj * bce_loss(tconf * (1 - mask), conf * (1 - mask))
        return box_and_class(xy, wh, cls, batch) + obj + noobj

    def candidate(batch):
        xy, wh, conf, cls = forward(batch)
        mask = batch["mask"]
        loss_conf = bce_loss(mask, conf * mask) + lambda_noobj * bce_loss(mask * (1 - mask), conf * (1 - mask))
        return box_and_class(xy, wh, cls, batch) + loss_conf

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": img, "mask": mask, "txy": txy, "twh": twh, "tcls": tcls},
            "variables": net.trainable_variables}
