"""The table of labelled frames: what a training job reads."""

from tasks.tables.table import BOOL, BOOLS, F32, F32S, I32, LICENSE_TAGS, STRING, Column, Table

SAMPLES = Table(
    name="samples",
    columns=(
        Column("clip_id", STRING, "", "The clip this frame belongs to"),
        Column("candidate_id", STRING, "", "The candidate the clip began with"),
        Column("trajectory_id", STRING, "", "The trajectory whose motion is shown"),
        Column("frame", I32, "1", "Number of the frame within the clip, from 0"),
        Column("video_uri", STRING, "", "Clip (mp4): key relative to the store"),
        Column("video_sha256", STRING, "", "Clip (mp4): SHA-256 of its bytes, hexadecimal"),
        Column("K", F32S, "px", "Camera intrinsics, rows", "3,3"),
        Column("xyz", F32S, "m", "Hand joints, OpenPose order, OpenCV camera axes", "21,3"),
        Column("uv", F32S, "px", "Hand joints in the picture", "21,2"),
        Column("vertices", F32S, "m", "Hand mesh, OpenCV camera axes; null where the build leaves it out", "V,3"),
        Column("pose_flat", F32S, "rad", "Hand pose, axis-angle, zero is the flat hand, MANO joint order", "48"),
        Column("betas", F32S, "1", "Hand shape", "10"),
        Column("transl", F32S, "m", "Hand translation in the smplx sense, world", "3"),
        Column("side", STRING, "", "right or left hand; a left hand is a real left hand"),
        Column("T_world_cam", F32S, "m", "Camera to world, rows; OpenCV camera axes", "4,4"),
        Column("bbox_xyxy", F32S, "px", "Box around the hand: left, top, right, bottom", "4"),
        Column(
            "joint_visible", BOOLS, "", "Whether each joint is inside the picture and not hidden by the object", "21"
        ),
        Column("joints_in_image", I32, "1", "How many joints lie inside the picture"),
        Column("object_name", STRING, "", "Name of the object"),
        Column("object_class_id", I32, "1", "Class of the object in segmentation maps, 1 to 21"),
        Column("object_pose", F32S, "m", "Object to world, rows of a 4 x 4 matrix", "4,4"),
        Column(
            "mpjpe_mm", F32, "mm", "The estimator's wrist-aligned error on this frame; null where no hand was found"
        ),
        Column("pa_mpjpe_mm", F32, "mm", "The same after Procrustes alignment"),
        Column("error_2d_px", F32, "px", "Mean distance of the estimator's joints in the picture"),
        Column(
            "detected",
            BOOL,
            "",
            "Whether the estimator found the hand in this frame; null for a second hand",
        ),
        Column("tip_set", STRING, "", "Name of the vertex set that stands for the fingertips"),
        Column("hand_model", STRING, "", "Name of the hand model: free or mano"),
        Column("pose_is_approximate", BOOL, "", "Whether hand poses were carried over to another hand model"),
        Column("split", STRING, "", "train, val or test, by a hash of the trajectory, which is never in two of them"),
        LICENSE_TAGS,
    ),
    rows="many",
)
