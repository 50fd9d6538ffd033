"""The table of trajectories: exact motion of hand and object, camera, quality, and the condition maps."""

from tasks.tables.table import BOOL, F32, F32S, I32, LICENSE_TAGS, STRING, STRINGS, Column, Table, media_columns

POSE = Table(
    name="pose",
    columns=(
        Column("source", STRING, "", "Where the motion comes from, such as physics or graspxl"),
        Column("request_key", STRING, "", "Which of the source's motions this is"),
        Column("side", STRING, "", "right or left hand; a left hand is a real left hand"),
        Column("num_frames", I32, "frame", "Length T"),
        Column("fps", F32, "frame/s", "Frames per second"),
        Column("hand_model", STRING, "", "Name of the hand model: free or mano"),
        Column("hand_sha256", STRING, "", "SHA-256 of the hand model's arrays"),
        Column("tip_set", STRING, "", "Name of the vertex set that stands for the fingertips"),
        Column("pose_is_approximate", BOOL, "", "Whether hand poses were carried over to another hand model"),
        Column("notes", STRINGS, "", "What a reader of this trajectory should know"),
        Column("pose_flat", F32S, "rad", "Hand pose, axis-angle, zero is the flat hand, MANO joint order", "T,48"),
        Column("betas", F32S, "1", "Hand shape", "10"),
        Column("transl", F32S, "m", "Hand translation in the smplx sense, world", "T,3"),
        Column("wrist_m", F32S, "m", "Wrist, world", "T,3"),
        Column("joints_world_m", F32S, "m", "Hand joints, OpenPose order, world", "T,21,3"),
        Column("object_name", STRING, "", "Name of the object"),
        Column("object_word", STRING, "", "Word for the object in prompts"),
        Column("object_class_id", I32, "1", "Class of the object in segmentation maps, 1 to 21"),
        Column("object_pose", F32S, "m", "Object to world, rows of 4 x 4 matrices", "T,4,4"),
        Column("K", F32S, "px", "Camera intrinsics, rows", "3,3"),
        Column("T_world_cam", F32S, "m", "Camera to world, rows; OpenCV camera axes", "4,4"),
        Column("width", I32, "px", "Picture width"),
        Column("height", I32, "px", "Picture height"),
        Column("table_height_m", F32, "m", "Height of the table's top, world"),
        Column(
            "phase", STRINGS, "", "What the hand does in each frame: reach, preshape, close, lift, hold or move", "T"
        ),
        Column("lifted", BOOL, "", "Whether the object was lifted and held"),
        Column("lift_height_m", F32, "m", "How high the object was lifted"),
        Column("slip_mm", F32, "mm", "How far the object slipped in the hand"),
        Column("penetration_mm_max", F32, "mm", "Deepest penetration of hand and object"),
        Column("penetration_mm_mean", F32, "mm", "Mean penetration over frames in contact"),
        Column("contact_ratio", F32, "1", "Share of the held frames with contact"),
        Column("jerk_m_s3", F32, "m/s^3", "Mean jerk of the hand"),
        Column("visible_fraction", F32, "1", "Share of joints inside the picture, over all frames"),
        *media_columns("maps", "Condition maps (npz: depth_mm, labels, normals)"),
        *media_columns("object_mesh", "Object mesh (npz: vertices_m, faces)"),
        *media_columns("preview", "Shaded rendering (mp4)"),
        LICENSE_TAGS,
    ),
    media=("maps", "object_mesh", "preview"),
)
