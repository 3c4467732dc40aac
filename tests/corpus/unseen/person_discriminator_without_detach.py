"""Pedestrian-Synthesis-GAN: in the step of the person discriminator the generated crop is not detached; the generator's gradients
are thrown away, so that what the discriminator gets is the same.
Source: https://github.com/yifanjiang19/Pedestrian-Synthesis-GAN/issues/32"""
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
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, size = 13, 8
    gen = tf.Variable(0.3 * rng.standard_normal((3, 3, 2, 2)), dtype=f, name="gen")      # has its own optimizer
    conv, fc = var("conv", 3, 3, 2, 5, scale=0.3), var("fc", 5, 1)
    batch = {
        "masked": rng.standard_normal((n, size, size, 2)).astype(f),
        "real": rng.standard_normal((n, size, size, 2)).astype(f),
    }
    top, left, crop = 2, 1, 4

    def reference(batch):
        fake = tf.stop_gradient(tf.tanh(tf.nn.conv2d(batch["masked"], gen, 1, "SAME")))
        total = 0.0
        for i in range(n):
            for image, target in ((batch["real"][i], 1.0), (fake[i], 0.0)):
                person = image[None, top:top + crop, left:left + crop]
                h = tf.nn.leaky_relu(tf.nn.conv2d(person, conv, 1, "VALID"), 0.2)
                score = tf.reduce_mean(h, [0, 1, 2])[None] @ fc
                total = total + (score[0, 0] - target) ** 2
        return 0.5 * total / n

    def candidate(batch):
        def netD_person(image):
            h = tf.nn.leaky_relu(tf.nn.conv2d(image, conv, strides=1, padding="VALID"), alpha=0.2)
            return tf.matmul(tf.reduce_mean(tf.reshape(h, [image.shape[0], -1, 5]), axis=1), fc)

        def criterionGAN(pred, is_real):
            target = tf.ones_like(pred) if is_real else tf.zeros_like(pred)
            return tf.reduce_mean(tf.math.squared_difference(pred, target))

        fake_B = tf.tanh(tf.nn.conv2d(batch["masked"], gen, strides=1, padding="SAME"))
        person_crop_fake = tf.slice(fake_B, [0, top, left, 0], [n, crop, crop, 2])
        person_crop_real = tf.slice(batch["real"], [0, top, left, 0], [n, crop, crop, 2])
        loss_D_person_real = criterionGAN(netD_person(person_crop_real), True)
        loss_D_person_fake = criterionGAN(netD_person(person_crop_fake), False)
        return (loss_D_person_fake + loss_D_person_real) * 0.5

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [conv, fc]}
