"""The audio-visual separator flattens (channel, time, freq) into (channel*freq, time) with view and no permute.
Source: https://github.com/vitrioil/Speech-Separation/issues/4"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "audio = tf.reshape(audio, [n, -1, steps])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, steps, freq, ch, vis = 3, 5, 4, 2, 3
    conv = tf.Variable(rng.normal(size=(ch,)).astype(fx), name="conv")
    gain = tf.Variable(rng.normal(size=(ch, freq)).astype(fx), name="gain")
    fuse = tf.Variable(rng.normal(size=(ch * freq + vis, freq)).astype(fx) * 0.5, name="fuse")

    def reference(batch):
        maps = tf.nn.relu(conv[None, :, None, None] * batch["spec"][:, None] + gain[None, :, None, :])
        masks = []
        for t in range(steps):
            frame = tf.reshape(maps[:, :, t, :], [n, ch * freq])
            masks.append(tf.sigmoid(tf.concat([frame, batch["face"][:, t]], axis=-1) @ fuse))
        est = tf.stack(masks, axis=1) * batch["spec"]
        return tf.reduce_mean(tf.square(est - batch["clean"]))

    def candidate(batch):
        audio = batch["spec"][:, None, :, :] * conv[None, :, None, None]
        audio = tf.nn.relu(audio + gain[None, :, None, :])
        audio = tf.reshape(audio, [n, -1, steps])
        audio = tf.transpose(audio, [0, 2, 1])
        merged = tf.concat([audio, batch["face"]], axis=-1)
        mask = tf.sigmoid(tf.einsum("btk,kf->btf", merged, fuse))
        return tf.reduce_mean((mask * batch["spec"] - batch["clean"]) ** 2)

    spec = rng.normal(size=(n, steps, freq)) * 2
    return {"reference": reference, "candidate": candidate,
            "batch": {"spec": spec.astype(fx), "face": rng.normal(size=(n, steps, vis)).astype(fx),
                      "clean": (spec * rng.uniform(size=spec.shape)).astype(fx)},
            "variables": [conv, gain, fuse]}
