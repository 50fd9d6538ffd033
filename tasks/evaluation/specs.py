"""What each number of an evaluation is: its name with the networks in it, unit, direction, and protocol in words."""

from __future__ import annotations

from collections.abc import Mapping

from pam_models.metrics.result import Better, MetricSpec

_PER_CLIP: dict[str, tuple[str, str, Better, str]] = {
    "psnr": ("psnr_db", "dB", "higher", "Peak 255, RGB, mean over frames, then over clips, against {reference}"),
    "ssim": ("ssim", "1", "higher", "Wang et al. 2004, Gaussian 11 px, mean over frames, against {reference}"),
    "lpips": ("lpips", "1", "lower", "LPIPS 0.1 with AlexNet ({lpips}), mean over frames, against {reference}"),
    "motion_fidelity": (
        "motion_fidelity", "1", "higher",
        "Half of both best-match means of cosines between displacements, static tracks dropped (see "
        "pam_models/metrics/motion_fidelity.py); tracker {tracker} on the clips, {truth} on {reference}",
    ),
    "flicker": (
        "flicker_levels", "grey level", "lower",
        "Mean absolute change per frame of pixels that are background in both frames by the known segmentation",
    ),
    "mpjpe": ("mpjpe_mm", "mm", "lower", "21 joints, wrist-aligned, mean over frames, by {estimator} in known boxes"),
    "pa_mpjpe": ("pa_mpjpe_mm", "mm", "lower", "21 joints after a similarity without reflection, by {estimator}"),
    "error_2d": ("error_2d_px", "px", "lower", "Mean distance of 21 joints in the picture, by {estimator}"),
    "detected": ("detected", "1", "higher", "Share of frames in which {estimator} finds a hand in the known box"),
    "auc": ("auc", "1", "higher", "Area under PCK from 0 to 50 mm in 100 steps, wrist-aligned joints, by {estimator}"),
    "acceleration": (
        "acceleration_error_m_s2", "m/s^2", "lower", "Mean difference of joint accelerations, by {estimator}"
    ),
    "jerk": ("jerk_ratio", "1", "lower", "RMS jerk of estimated over known joints, by {estimator}; 1 is the truth's"),
    "pve": ("pve_mm", "mm", "lower", "Mesh vertices, wrist-aligned, by {estimator}"),
    "pa_pve": ("pa_pve_mm", "mm", "lower", "Mesh vertices after a similarity without reflection, by {estimator}"),
    "f5": ("f5", "1", "higher", "F-score at 5 mm of meshes after a similarity, by {estimator}"),
    "f15": ("f15", "1", "higher", "F-score at 15 mm of meshes after a similarity, by {estimator}"),
}  # fmt: skip
_SETS: dict[str, tuple[str, str]] = {
    "fvd": ("video", "Fréchet distance of clip features ({network}) to {reference}; biased upwards for few clips"),
    "fid": ("image", "Fréchet distance of frame features ({network}) to {reference}; biased upwards for few frames"),
    "kid": ("image", "Unbiased polynomial MMD of frame features ({network}) to {reference}"),
}


def clip_spec(metric: str, ids: Mapping[str, str | None], reference: str, truth: str) -> MetricSpec:
    """The spec of a metric that each clip has by itself. `truth` says where the reference's tracks come from."""
    column, unit, better, protocol = _PER_CLIP[metric]
    name = column
    if metric == "lpips":
        name = f"lpips[{ids['lpips']}]"
    elif metric == "motion_fidelity":
        name = f"motion_fidelity[{ids['tracker']},{truth}]"
    return MetricSpec(name, unit, better, protocol.format(reference=reference, truth=f"{truth} tracks", **ids))


def set_spec(metric: str, ids: Mapping[str, str | None], reference: str) -> MetricSpec:
    """The spec of a metric over the set of clips; the extractor's name stands in it."""
    kind, protocol = _SETS[metric]
    network = ids[kind]
    return MetricSpec(f"{metric}[{network}]", "1", "lower", protocol.format(network=network, reference=reference))


def column_of(metric: str) -> str:
    """The column of the clip table that holds a metric."""
    return _PER_CLIP[metric][0]
