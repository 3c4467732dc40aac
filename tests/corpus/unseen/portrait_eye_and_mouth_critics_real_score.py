"""Portrait animation with three discriminators: the losses of the eye (and mouth) discriminator are formed with the real
score of the global one, the scores of the real eyes are never used. Here: eye discriminator.
Source: https://github.com/liutaocode/LivePortrait-Train/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "gan_d_loss_eye = single_scale_d_nonsaturating_loss(recon_img_pred_eye, real_img_pred)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pix, hid = 13, 8, 4
    variables = []
    for part in ("all", "eye"):
        variables.append(tf.Variable(rng.normal(size=(pix, hid)).astype(f) * 0.5, name=f"{part}_w"))
        variables.append(tf.Variable(rng.normal(size=(hid, 1)).astype(f), name=f"{part}_v"))
    eye = np.zeros((n, pix), f)
    eye[:, 2:5] = 1
    batch = {"real": rng.normal(size=(n, pix)).astype(f) + 0.4, "fake": rng.normal(size=(n, pix)).astype(f),
             "eye": eye}

    def critic(k, images):
        return tf.matmul(tf.nn.leaky_relu(tf.matmul(images * 2 - 1, variables[2 * k])), variables[2 * k + 1])

    def reference(batch):
        total = 0.0
        for k, mask in enumerate((tf.ones_like(batch["eye"]), batch["eye"])):
            good, bad = critic(k, batch["real"] * mask), critic(k, batch["fake"] * mask)
            bce = keras.losses.BinaryCrossentropy(from_logits=True)
            total += bce(tf.ones_like(good), good) + bce(tf.zeros_like(bad), bad)
        return total

    def candidate(batch):
        def dis_global(image):
            return critic(0, image)

        def dis_eye(image):
            return critic(1, image)

        def single_scale_d_nonsaturating_loss(fake, real):
            real_loss = tf.nn.softplus(-real)
            fake_loss = tf.nn.softplus(fake)
            return tf.reduce_mean(real_loss) + tf.reduce_mean(fake_loss)

        target_eye_mask = batch["eye"]
        output_result = batch["fake"]
        real_img_pred = dis_global(batch["real"])
        real_eye_pred = dis_eye(batch["real"] * target_eye_mask)
        recon_img_pred_global = dis_global(output_result)
        recon_img_pred_eye = dis_eye(output_result * target_eye_mask)
        gan_d_loss_global = single_scale_d_nonsaturating_loss(recon_img_pred_global, real_img_pred)
        gan_d_loss_eye = single_scale_d_nonsaturating_loss(recon_img_pred_eye, real_img_pred)
        logs = {"d_real_eye": tf.reduce_mean(real_eye_pred), "d_real": tf.reduce_mean(real_img_pred)}
        logs["gan_d_loss"] = gan_d_loss_global + gan_d_loss_eye
        return logs["gan_d_loss"]

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
